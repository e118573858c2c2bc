import Metering
import Testing

@Suite("What was written to a cache")
struct CacheWriteTests {
    /// What one event tells; `nil` is left out, and `null` is written.
    struct Told: Sendable {
        var total: String?
        var short: String?
        var long: String?

        init(_ total: String?, _ short: String? = nil, _ long: String? = nil) {
            self.total = total
            self.short = short
            self.long = long
        }

        var fields: String {
            let parts = [short.map { #""ephemeral_5m_input_tokens":\#($0)"# }, long.map { #""ephemeral_1h_input_tokens":\#($0)"# }]
                .compactMap(\.self)
            let split = parts.isEmpty ? "" : #","cache_creation":{\#(parts.joined(separator: ","))}"#
            return (total.map { #","cache_creation_input_tokens":\#($0)"# } ?? "") + split
        }
    }

    private func read(_ start: Told, _ deltas: [Told], _ pieces: Pieces) -> UsageReading {
        let parts =
            [
                event(
                    "message_start",
                    #"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":5,"output_tokens":1\#(start.fields)}}}"#)
            ]
            + deltas.map { event("message_delta", #"{"type":"message_delta","usage":{"output_tokens":9\#($0.fields)}}"#) }
            + [event("message_stop", #"{"type":"message_stop"}"#)]
        return reading(Array(parts.joined().utf8), as: .messages, type: "text/event-stream", in: pieces)
    }

    @Test(
        "The newest total holds, and its parts divide it",
        arguments: [
            (Told("0", "0", "0"), [Told("1000")], 1_000, 0), (Told("500", "500", "0"), [Told("1500")], 1_500, 0),
            (Told("500"), [Told("1500")], 1_500, 0), (Told("500", "100", "400"), [Told("1500")], 1_100, 400),
            // What stays for an hour counts as far as it fits.
            (Told("500", "100", "400"), [Told("300")], 0, 300), (Told("1000", "0", "400"), [], 600, 400),
            (Told("100", "300", "400"), [], 0, 100),
            // Null is no word.
            (Told("700", "300", "400"), [Told("null", "null", "null")], 300, 400), (Told("700"), [Told("null")], 700, 0),
            (Told("null", "null", "null"), [Told("40", "30", "10")], 30, 10),
            // Without a total it is their sum, and so it is where they are newer than it.
            (Told(nil, "30", "12"), [], 30, 12), (Told(nil, nil, "12"), [], 0, 12),
            (Told("500", "500", "0"), [Told(nil, "800", "200")], 800, 200),
            (Told("0", "0", "0"), [Told("10", "10", "0"), Told("25")], 25, 0), (Told("9"), [Told("0")], 0, 0),
        ] as [(Told, [Told], Int, Int)])
    func growing(start: Told, deltas: [Told], short: Int, long: Int) {
        for pieces in Pieces.all {
            let read = read(start, deltas.isEmpty ? [Told(nil)] : deltas, pieces)
            #expect(read.isWhole && read.usage == TokenUsage(input: 5, cacheWrite: short, cacheWriteLong: long, output: 9))
        }
    }

    @Test("The parts of other numbers are never more than they are a part of")
    func stale() {
        // The first chunk of each pair tells a part, the second a smaller whole without it.
        let chat = [
            #"{"choices":[],"usage":{"prompt_tokens":900,"completion_tokens":90,"prompt_tokens_details":{"cached_tokens":800,"cache_write_tokens":90},"completion_tokens_details":{"reasoning_tokens":80}}}"#,
            #"{"choices":[],"usage":{"prompt_tokens":500,"completion_tokens":50}}"#,
        ]
        let read = reading(
            Array((chat + ["[DONE]"]).map { event(nil, $0) }.joined().utf8), as: .chat, type: "text/event-stream")
        #expect(read.usage == TokenUsage(input: 0, cacheRead: 500, output: 50, reasoning: 50))
        let gemini = [
            #"{"usageMetadata":{"promptTokenCount":900,"cachedContentTokenCount":800,"candidatesTokenCount":5}}"#,
            #"{"usageMetadata":{"promptTokenCount":300,"candidatesTokenCount":7}}"#,
        ]
        let other = reading(Array(gemini.map { event(nil, $0) }.joined().utf8), as: .gemini, type: "text/event-stream")
        #expect(other.usage == TokenUsage(input: 0, cacheRead: 300, output: 7))
        let messages = #"{"model":"m","usage":{"input_tokens":1,"output_tokens":5,"output_tokens_details":{"thinking_tokens":50}}}"#
        #expect(reading(Array(messages.utf8), as: .messages, type: nil).usage == TokenUsage(input: 1, output: 5, reasoning: 5))
    }

    @Test("Another model's attempt divides its total in the same way")
    func attempts() {
        let body =
            #"""
            {"model":"a","usage":{"input_tokens":1,"output_tokens":2,"iterations":[\#
            {"type":"advisor_message","model":"a","input_tokens":3,"output_tokens":4,"cache_creation_input_tokens":100,\#
            "cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":30}},\#
            {"type":"message","model":"b","input_tokens":-5,"output_tokens":9223372036854775807}]}}
            """#
        let read = reading(Array(body.utf8), as: .messages, type: nil)
        #expect(read.attempts.map(\.model) == ["a", "b"])
        #expect(read.attempts[0].usage == TokenUsage(input: 3, cacheWrite: 70, cacheWriteLong: 30, output: 4))
        #expect(read.attempts[1].usage == TokenUsage(output: 1_000_000_000_000))
    }

    @Test("Of a number that appears twice the last counts, and one in quotes is ignored")
    func duplicates() {
        let body =
            #"{"usage":{"prompt_tokens":1,"prompt_tokens":20,"completion_tokens":3,"completion_tokens":"9"},"usage":{"completion_tokens":4}}"#
        #expect(reading(Array(body.utf8), as: .chat, type: nil).usage == TokenUsage(input: 20, output: 4))
    }
}
