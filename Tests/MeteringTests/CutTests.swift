import Foundation
import Metering
import Testing

/// Law 12: unknown is never free.
@Suite("Answers that break off")
struct CutTests {
    private func check(_ bytes: [UInt8], of answer: Answer, told: Bool, _ what: Comment) {
        let read = reading(bytes, as: answer.format, type: answer.type, in: .random(seed: 5, most: 60), wasCut: true)
        let (completed, isEstimated) = read.completed(requestBytes: 4_000)
        #expect(isEstimated == !read.isWhole, what)
        #expect(completed.covers(read.usage), "An estimate is no less than what was told: \(what)")
        if !told { #expect(!read.isWhole, what) }
        if read.isWhole { #expect(completed == answer.usage, "Nothing is whole but the whole: \(what)") }
        if !bytes.isEmpty { #expect(completed.total > 0, "Never zero: \(what)") }
    }

    @Test("After each event: an estimate that is flagged, unless all was told", arguments: UsageTables.streams)
    func afterEachEvent(answer: Answer) {
        for count in 0...answer.parts.count {
            let told = answer.toldAfter.map { count >= $0 } ?? false
            check(Array(answer.parts.prefix(count).joined().utf8), of: answer, told: told, "after \(count)")
        }
        let first = reading(Array(answer.parts[0].utf8), as: answer.format, type: answer.type, wasCut: true)
        #expect(first.usage.covers(answer.early), "What the first event tells is not forgotten")
        #expect(first.completed(requestBytes: 4_000).usage.covers(answer.early))
    }

    @Test("In the middle of an event, or of a number: the same", arguments: UsageTables.streams)
    func anywhere(answer: Answer) {
        let bytes = answer.bytes
        let toldFrom = answer.toldAfter.map { answer.parts.prefix($0).joined().utf8.count } ?? Int.max
        // A part counts as told a little before its end: the blank line after an event adds nothing to it.
        for end in stride(from: 0, through: bytes.count, by: 7) {
            check(Array(bytes.prefix(end)), of: answer, told: end >= toldFrom - 4, "at byte \(end)")
        }
    }

    @Test("An answer whose framing is whole and whose text is not is an estimate", arguments: UsageTables.plain)
    func torn(answer: Answer) {
        let bytes = Array(answer.bytes)
        guard bytes.first == UInt8(ascii: "{") || bytes.first == UInt8(ascii: "["), answer.isWhole, answer.format != .free else { return }
        for end in stride(from: 1, to: bytes.count - 1, by: 3) where ![0x0a, 0x20].contains(bytes[end]) {
            let read = reading(Array(bytes.prefix(end)), as: answer.format, type: answer.type)
            #expect(!read.isWhole && !read.reasons.isEmpty, "\(answer.name) at byte \(end)")
        }
        #expect(reading(bytes, as: answer.format, type: answer.type).isWhole, "\(answer.name)")
    }

    @Test("A stream of Google's is whole when its model has stopped, and its partial counts are not", arguments: UsageTables.gemini)
    func unfinishedGemini(answer: Answer) {
        for count in 1...answer.parts.count {
            let read = reading(Array(answer.parts.prefix(count).joined().utf8), as: answer.format, type: answer.type)
            #expect(read.isWhole == (count == answer.parts.count), "\(answer.name) after \(count)")
            if !read.isWhole { #expect(read.reasons == [.cut]) }
        }
    }

    @Test("A client that leaves after the end was told makes no estimate of it")
    func afterTheEnd() {
        for answer in UsageTables.streams where answer.isWhole && answer.format != .gemini {
            let read = reading(answer.bytes, as: answer.format, type: answer.type, wasCut: true)
            #expect(read.isWhole && read.usage == answer.usage, "\(answer.name)")
        }
    }

    @Test("A number that broke off does not replace the whole one before it", arguments: ["text/event-stream", "application/json"])
    func tornNumber(type: String) {
        let first = #"{"modelVersion":"gemini-2.5-pro","usageMetadata":{"promptTokenCount":12345,"candidatesTokenCount":678}}"#
        let second = #"{"modelVersion":"gemini-2.5-pro","usageMetadata":{"promptTokenCount":12"#
        let isStream = type == "text/event-stream"
        let text = isStream ? "data: \(first)\n\ndata: \(second)" : "[\(first),\n\(second)"
        for wasCut in [false, true] {
            let read = reading(Array(text.utf8), as: .gemini, type: type, wasCut: wasCut)
            #expect(read.usage == TokenUsage(input: 12_345, output: 678) && read.reasons == [.cut])
        }
    }

    @Test("The last event counts as whole where only the empty line after it is missing, and not where its text broke off")
    func lastEvent() {
        let stop = event(nil, #"{"model":"gpt-4.1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#)
        let told = #"data: {"model":"gpt-4.1","choices":[],"usage":{"completion_tokens":7,"prompt_tokens":50,"cost":0.5}}"#
        for ending in ["", "\n", "\n\n", "\n\ndata: [DONE]"] {
            let read = reading(Array((stop + told + ending).utf8), as: .chat, type: "text/event-stream")
            #expect(read.isWhole && read.usage == TokenUsage(input: 50, output: 7), "\(ending.debugDescription)")
        }
        for missing in 1..<20 {
            let read = reading(Array((stop + told.dropLast(missing)).utf8), as: .chat, type: "text/event-stream")
            #expect(!read.isWhole && read.reasons == [.cut], "without the last \(missing) bytes")
        }
    }

    @Test("An error does not make free what broke off before its usage", arguments: ["text/event-stream", "application/json"])
    func tornFailure(type: String) {
        let isStream = type == "text/event-stream"
        let response = #"{"status":"failed","error":{"code":"server_error"},"model":"gpt-5.1","usage":null}"#
        let text = isStream ? #"data: {"type":"response.failed","response":\#(response)}"# : response
        #expect(reading(Array(text.utf8), as: .responses, type: type).isWhole)
        for missing in 1..<20 {
            let read = reading(Array(text.utf8.dropLast(missing)), as: .responses, type: type)
            #expect(!read.isWhole && read.reasons == [.cut], "without the last \(missing) bytes")
        }
    }

    @Test("A cost that a provider tells is not taken from a text that broke off, because more may have followed")
    func tornCost() {
        let text = #"{"model":"m","choices":[],"usage":{"prompt_tokens":50,"completion_tokens":7,"cost":0.000001,"is_byok":true}}"#
        #expect(reading(Array(text.utf8), as: .chat, type: "application/json").billing.cost != nil)
        #expect(reading(Array(text.utf8.dropLast(8)), as: .chat, type: "application/json").billing.cost == nil)
    }

    @Test("Counts that grow with each chunk are not whole before the last one")
    func runningCounts() {
        // As vLLM does with continuous_usage_stats, which a client may ask for, and others always.
        func chunk(_ count: Int, finish: String = "null") -> String {
            event(
                nil,
                #"""
                {"model":"gpt-4.1","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":\#(finish)}],\#
                "usage":{"prompt_tokens":50,"completion_tokens":\#(count),"total_tokens":\#(50 + count)}}
                """#)
        }
        let parts = [chunk(1), chunk(2), chunk(3), chunk(400, finish: #""stop""#), event(nil, "[DONE]")]
        let whole = reading(Array(parts.joined().utf8), as: .chat, type: "text/event-stream")
        #expect(whole.isWhole && whole.usage == TokenUsage(input: 50, output: 400))
        for count in 1...3 {
            let cut = reading(Array(parts.prefix(count).joined().utf8), as: .chat, type: "text/event-stream", wasCut: true)
            #expect(!cut.isWhole && cut.completed(requestBytes: 200).isEstimated, "after \(count) chunks")
        }
    }

    @Test("An estimate is rather too high than too low")
    func tooHigh() {
        // Three hundred chunks of one token each, as OpenAI sends them.
        let chunk = event(
            nil,
            #"""
            {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4.1","system_fingerprint":"fp",\#
            "choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}
            """#)
        let stream = reading(
            Array(String(repeating: chunk, count: 300).utf8), as: .chat, type: "text/event-stream", wasCut: true
        ).completed(requestBytes: 4_000)
        #expect(stream.isEstimated && stream.usage.output >= 300 && stream.usage.input >= 1_000)

        // A text of two thousand words in one piece: a token each and more.
        let text = #"{"model":"gpt-4.1","choices":[{"message":{"content":"\#(String(repeating: "word ", count: 2_000))"}}]}"#
        let whole = reading(Array(text.utf8), as: .chat, type: "application/json").completed(requestBytes: 4_000)
        #expect(whole.isEstimated && whole.usage.output >= 2_000 && whole.usage.input >= 1_000)
    }

    @Test("A compressed answer that breaks off is an estimate too", arguments: UsageTables.all.filter(\.isWhole))
    func compressed(answer: Answer) throws {
        let bytes = try gzipped(answer.bytes)
        for end in [1, 9, 10, 20, bytes.count / 2] {
            let read = reading(Array(bytes.prefix(end)), as: answer.format, type: answer.type, encoding: "gzip", wasCut: true)
            let completed = read.completed(requestBytes: 4_000)
            if read.isWhole {
                #expect(read.usage == answer.usage)
            } else {
                #expect(completed.isEstimated && completed.usage.total > 0 && completed.usage.covers(read.usage))
            }
        }
    }

    @Test("A whole answer that breaks off before its usage is an estimate", arguments: UsageTables.plain.filter(\.isWhole))
    func plain(answer: Answer) {
        // The usage may stand first, so only what is called whole is looked at here.
        let bytes = answer.bytes
        for end in stride(from: 1, to: bytes.count, by: 5) {
            check(Array(bytes.prefix(end)), of: answer, told: true, "at byte \(end)")
        }
    }
}
