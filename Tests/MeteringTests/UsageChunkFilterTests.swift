import Foundation
import Fuzzing
import Metering
import Testing

@Suite("Removing the chunk that the client did not ask for")
struct UsageChunkFilterTests {
    static let usage = #""usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"x":[]}}"#
    static let hello = event(
        nil, #"{"id":"c","choices":[{"index":0,"delta":{"content":"Hé 👋"},"finish_reason":null}],"usage":null}"#)
    static let extra = event(nil, #"{"id":"c","choices":[],\#(usage)}"#)
    static let done = event(nil, "[DONE]")

    private func filtered(_ bytes: [UInt8], in pieces: Pieces) -> [UInt8] {
        var filter = UsageChunkFilter()
        var output: [UInt8] = []
        for piece in pieces.of(bytes) {
            output += piece.withUnsafeBytes { filter.feed($0) }
        }
        return output + filter.finish()
    }

    private func expectSame(_ input: String, _ expected: String) {
        for pieces in Pieces.all {
            for crlf in [false, true] {
                let bytes = crlf ? withCRLF(Array(input.utf8)) : Array(input.utf8)
                let wanted = crlf ? withCRLF(Array(expected.utf8)) : Array(expected.utf8)
                #expect(filtered(bytes, in: pieces) == wanted, "\(pieces), CRLF: \(crlf), \(input.prefix(200))")
            }
        }
    }

    @Test(
        "The extra chunk goes, in whatever way it is written",
        arguments: [
            UsageChunkFilterTests.extra,
            event(nil, #"{\#(UsageChunkFilterTests.usage),"choices":[],"id":"c"}"#),
            event(nil, #"{ "choices" : [ ] , "usage" : { "prompt_tokens" : 9 } }"#),
            #"data:{"choices":[],\#(UsageChunkFilterTests.usage)}"# + "\n\n",
            event("message", #"{"choices":[],\#(UsageChunkFilterTests.usage)}"#),
        ] as [String])
    func removed(chunk: String) {
        expectSame(Self.hello + chunk + Self.done, Self.hello + Self.done)
        expectSame(Self.hello + chunk, Self.hello)
    }

    @Test(
        "Everything else stays, byte for byte",
        arguments: [
            "",
            // Usage and choices: it is the last chunk of an answer, as Mistral sends it.
            event(nil, #"{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],\#(UsageChunkFilterTests.usage)}"#),
            // No choices and no usage: Azure begins with one of these.
            event(nil, #"{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#),
            event(nil, #"{"choices":[],"usage":null}"#),
            // Words of the model's own.
            event(nil, #"{"choices":[{"index":0,"delta":{"content":"{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}"}}]}"#),
            event(nil, #"{"choices":[{"index":0,"delta":{"tool":{"choices":[],"usage":{"prompt_tokens":1}}}}]}"#),
            event(nil, #"{"error":{"message":"Overloaded","usage":{"prompt_tokens":1},"choices":[]}}"#),
            ": keep-alive\n\n", "event: ping\nid: 4\nretry: 10\n\n", "\n\n\n", event("x", "{"), event("x", "]]]]"), event(nil, ""),
            "data: {\"choices\":\ndata: [{\"index\":0}]}\n\n",
        ] as [String])
    func kept(chunk: String) {
        let stream = Self.hello + chunk + Self.done
        expectSame(stream, stream)
        expectSame(Self.hello + chunk + Self.extra + chunk + Self.done, Self.hello + chunk + chunk + Self.done)
    }

    @Test(
        "A body that is not an event stream passes unchanged",
        arguments: [
            #"{"error":{"message":"No such model"}}"#, "<html>\n\n<body>Bad gateway</body>\n", "\n", "\r\n\r\n", "data", "data: ",
            "data: [DONE]", "data: [DONE]\n", "no colon here\n\nnor: here\n\n", "data: {\"choices\":[{\"index\":0}]}\n",
        ] as [String])
    func invalid(text: String) {
        expectSame(text, text)
        expectSame(Self.hello + text, Self.hello + text)
    }

    @Test("Bytes that are no text pass, too")
    func binary() {
        var generator = SeededGenerator(seed: 21)
        let bytes = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for pieces in Pieces.all {
            let isSame = filtered(bytes, in: pieces) == bytes
            #expect(isSame, "\(pieces)")
        }
    }

    @Test("A stream may break off anywhere: the client gets what came, except for the chunk")
    func brokenOff() {
        let bytes = Array((Self.hello + Self.extra + Self.done).utf8)
        let hello = Array(Self.hello.utf8)
        for end in 0...hello.count { #expect(filtered(Array(bytes.prefix(end)), in: .single) == Array(bytes.prefix(end))) }
        for end in hello.count...bytes.count {
            #expect(filtered(Array(bytes.prefix(end)), in: .random(seed: 4, most: 50)).starts(with: hello))
        }
    }

    @Test("An event of a mebibyte passes")
    func longLine() {
        let text = String(repeating: #"ü \"usage\" 👾 "#, count: (1 << 20) / 18)
        let long = event(nil, #"{"choices":[{"index":0,"delta":{"content":"\#(text)"}}]}"#)
        let input = Array((Self.hello + long + Self.extra + Self.done).utf8)
        let expected = Array((Self.hello + long + Self.done).utf8)
        for pieces in [Pieces.whole, .random(seed: 1, most: 5_000)] {
            // Not inside of the expectation, which would print a mebibyte.
            let isSame = filtered(input, in: pieces) == expected
            #expect(isSame, "\(pieces)")
        }
    }

    @Test("An event is on its way as soon as it is complete, and does not wait for the next one")
    func prompt() {
        var filter = UsageChunkFilter()
        let hello = Array(Self.hello.utf8)
        for _ in 0..<3 {
            let output = hello.withUnsafeBytes { filter.feed($0) }
            #expect(output == hello)
        }
        let extra = Array(Self.extra.utf8).withUnsafeBytes { filter.feed($0) }
        let rest = filter.finish()
        #expect(extra.isEmpty && rest.isEmpty)
    }
}
