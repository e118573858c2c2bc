import Foundation
import Fuzzing
import Metering
import Testing

@Suite("Reading what a request used")
struct UsageReadingTests {
    static let eventStreams = UsageTables.streams.filter(\.isEvents)

    private func check(_ read: UsageReading, _ answer: Answer, bytes: Int, _ what: Comment) {
        #expect(read.isWhole == answer.isWhole, what)
        #expect(read.model == answer.model, what)
        #expect(read.answerBytes == bytes, what)
        // What counts as told where the provider stopped halfway is not one number: it may name a placeholder.
        if answer.isWhole { #expect(read.usage == answer.usage, what) }
        #expect(read.usage.covers(answer.usage), what)

        let (completed, isEstimated) = read.completed(requestBytes: 4_000)
        #expect(isEstimated == !answer.isWhole, what)
        if answer.isWhole {
            #expect(completed == answer.usage, what)
        } else {
            #expect(completed.total > 0 && completed.covers(read.usage), what)
        }
    }

    @Test("Every provider's counts become the same, in whatever pieces they come", arguments: UsageTables.all, Pieces.all)
    func pieces(answer: Answer, pieces: Pieces) {
        for (what, bytes) in [("LF", answer.bytes), ("CRLF", withCRLF(answer.bytes))] {
            let read = reading(bytes, as: answer.format, type: answer.type, in: pieces)
            check(read, answer, bytes: bytes.count, "\(what)")
        }
    }

    @Test("Pings, comments and unknown events change nothing", arguments: UsageReadingTests.eventStreams)
    func noise(answer: Answer) {
        let noise = [
            ": keep-alive\n\n", event("ping", #"{"type":"ping"}"#), "event: empty\n\n", "id: 7\nretry: 300\n\n", "\n\n", ":\n",
            event("brand_new", #"{"type":"brand_new","hints":{"deep":[1,2,{"input":3}]},"text":"naïve"}"#),
            event("no_json", "{{{ \"[ not json"), event("a_text", #""just a text with usage""#), event("a_number", "17"),
        ]
        let bytes = Array((noise + answer.parts.flatMap { [$0] + noise }).joined().utf8)
        for pieces in Pieces.all {
            check(reading(bytes, as: answer.format, type: answer.type, in: pieces), answer, bytes: bytes.count, "\(pieces)")
        }
    }

    @Test("An event of a mebibyte passes by", arguments: UsageReadingTests.eventStreams)
    func longLine(answer: Answer) {
        // Text of two and four bytes a letter, with quotes and slashes escaped, so that pieces end within all of these.
        let text = String(repeating: #"ä \"usage\" 👩‍🚀 \\ "#, count: (1 << 20) / 26)
        let long = event("brand_new", #"{"type":"brand_new","text":"\#(text)"}"#)
        var parts = answer.parts
        parts.insert(long, at: 1)
        let bytes = Array(parts.joined().utf8)
        for pieces in [Pieces.whole, .random(seed: 7, most: 4_096)] {
            check(reading(bytes, as: answer.format, type: answer.type, in: pieces), answer, bytes: bytes.count, "\(pieces)")
        }
    }

    @Test("A field needs no space after its colon", arguments: UsageReadingTests.eventStreams)
    func noSpaces(answer: Answer) {
        let parts = answer.parts.map { (part: String) -> String in
            part.split(separator: "\n", omittingEmptySubsequences: false).map { (line: Substring) -> String in
                for field in ["data", "event"] where line.hasPrefix("\(field): ") { return "\(field):\(line.dropFirst(field.count + 2))" }
                return String(line)
            }.joined(separator: "\n")
        }
        let bytes = Array(parts.joined().utf8)
        check(reading(bytes, as: answer.format, type: answer.type), answer, bytes: bytes.count, "no spaces")
    }

    @Test("An event's data may have several lines, as the standard has it")
    func severalLines() {
        let lines = [
            #"{"model":"gpt-4.1","choices":[],"#, #""usage":{"prompt_tokens":30,"#, #""completion_tokens":5}}"#,
        ]
        let bytes = Array((lines.map { "data: \($0)\n" }.joined() + "\ndata: [DONE]\n\n").utf8)
        for pieces in Pieces.all {
            let read = reading(bytes, as: .chat, type: "text/event-stream", in: pieces)
            #expect(read.usage == TokenUsage(input: 30, output: 5) && read.isWhole)
        }
    }

    @Test("A compressed answer is read as well", arguments: UsageTables.all)
    func compressed(answer: Answer) throws {
        let bytes = try gzipped(answer.bytes)
        try #require(bytes.starts(with: [0x1f, 0x8b]))
        for pieces in Pieces.all {
            let read = reading(bytes, as: answer.format, type: answer.type, encoding: "gzip", in: pieces)
            check(read, answer, bytes: bytes.count, "\(pieces)")
        }
        let same = reading(answer.bytes, as: answer.format, type: answer.type, encoding: "identity")
        check(same, answer, bytes: answer.bytes.count, "identity")
    }

    @Test(
        "What can't be decoded is estimated by its length, and said to be",
        arguments: ["br", "zstd", "gzip", "deflate", "gzip, br", "unheard-of"])
    func undecodable(encoding: String) {
        // For gzip, too: these bytes are none.
        var generator = SeededGenerator(seed: 11)
        let bytes = (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for format in WireFormat.allCases where format != .free {
            let read = reading(bytes, as: format, type: "application/json", encoding: encoding, in: .random(seed: 12, most: 300))
            let completed = read.completed(requestBytes: 2_000)
            #expect(!read.isWhole && completed.isEstimated && completed.usage.input > 0)
            #expect(completed.usage.output > 0 || [.embeddings, .later].contains(format))
            #expect(read.reasons.contains(.coding) && read.answerBytes == 5_000)
        }
    }

    @Test("On a path that SAM does not know, any of the forms is read", arguments: UsageTables.all)
    func unknown(answer: Answer) {
        let read = reading(answer.bytes, as: .unknown, type: answer.type)
        if answer.isWhole { #expect(read.usage == answer.usage && read.isWhole) }
        #expect(read.usage.covers(answer.usage) && read.model == answer.model)
    }

    @Test("What no provider bills uses nothing, and that is no estimate")
    func free() {
        for body in [#"{"input_tokens":2095}"#, #"{"totalTokens":31}"#, #"{"data":[{"id":"gpt-5"}]}"#, ""] {
            for wasCut in [false, true] {
                let read = reading(Array(body.utf8), as: .free, type: "application/json", wasCut: wasCut)
                let completed = read.completed(requestBytes: 5_000)
                #expect(completed.usage == TokenUsage() && !completed.isEstimated)
            }
        }
    }

    @Test("Another model's attempt inside of a request is told apart")
    func attempts() throws {
        let body =
            #"""
            {"model":"claude-sonnet-5","content":[],"usage":{"input_tokens":1000,"output_tokens":300,"iterations":[\#
            {"type":"message","model":"claude-opus-5","input_tokens":1000,"output_tokens":20},\#
            {"type":"fallback_message","model":"claude-sonnet-5","input_tokens":1000,"output_tokens":300}]}}
            """#
        for pieces in Pieces.all {
            let read = reading(Array(body.utf8), as: .messages, type: "application/json", in: pieces)
            #expect(read.usage == TokenUsage(input: 1_000, output: 300) && read.isWhole)
            #expect(read.attempts.map(\.model) == ["claude-opus-5"])
            #expect(read.attempts.map(\.usage) == [TokenUsage(input: 1_000, output: 20)])
        }
    }
}
