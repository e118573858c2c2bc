import Accounts
import Crypto
import NIOCore
import TestSupport
import Testing

@Suite("Slow sides, long bodies and half-closed clients", .timeLimit(.minutes(20)))
struct RelayPaceTests {
    private func digest(_ bytes: [UInt8]) -> SHA256.Digest { SHA256.hash(data: bytes) }

    @Test("A client that sends its body a byte at a time is heard a byte at a time")
    func slowClient() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            let request = door.request("/anthropic/v1/messages", body: #"{"model":"é"}"#)
            let head = request.count - #"{"model":"é"}"#.utf8.count
            for byte in request[..<head] { try await client.send([byte]) }
            let provider = try await fixture.upstream.accept()
            try await provider.sees("\r\n\r\n")
            for byte in request[head...] {
                let before = provider.current.count
                try await client.send([byte])
                try await eventually("a byte at the provider") { provider.current.count > before ? () : nil }
            }
            #expect(try await provider.message().text == #"{"model":"é"}"#)
            try await provider.send(ScriptedUpstream.answer("{}"))
            #expect(try await client.message(answering: "POST").text == "{}")
        }
    }

    @Test("A provider that sends its answer a byte at a time, head and chunks too, is understood")
    func slowProvider() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let answer =
                Array(ScriptedUpstream.streamHead.utf8) + ScriptedUpstream.chunk("data: é\n\n") + Array(ScriptedUpstream.lastChunk.utf8)
            for byte in answer { try await provider.send([byte]) }
            #expect(try await client.message(answering: "POST").text == "data: é\n\n")
        }
    }

    /// A socket takes some hundred kilobytes that nobody reads; what is beyond that has to wait in front of it.
    @Test("A client that takes nothing for a while slows the provider down, and misses nothing")
    func pausedClient() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let body = [UInt8](repeating: 0x61, count: 8 << 20) + [UInt8](repeating: 0x62, count: 8 << 20)
            try await provider.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            try await client.sees("\r\n\r\n")
            try await client.pause(true)
            let sending = Task { try await provider.send(body) }
            let channel = try provider.channel
            try await eventually("the provider is held up") { channel.isWritable ? nil : () }
            try await client.pause(false)
            try await sending.value
            let answer = try await client.message(answering: "POST")
            #expect(answer.isWhole)
            #expect(digest(answer.body) == digest(body))
        }
    }

    @Test("A body of 64 MiB arrives whole, with a budget and without one", arguments: [false, true])
    func longBody(hasBudget: Bool) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            if hasBudget { try await fixture.limit("1000000", at: .platform) }
            let piece = [UInt8](repeating: 0x61, count: 1 << 20)
            let wanted = digest([UInt8](repeating: 0x61, count: 64 << 20))
            fixture.upstream.answering { request in
                let isWhole = request.isWhole && digest(request.body) == wanted
                return Array(ScriptedUpstream.answer(isWhole ? "whole" : "\(request.body.count)").utf8)
            }
            for isChunked in [false, true] {
                let client = try await door.connect()
                let framing = isChunked ? RawHeader("Transfer-Encoding", "chunked") : RawHeader("Content-Length", "\(64 << 20)")
                try await client.send(RawClient.request("POST", "/anthropic/v1/messages", [RawHeader("x-api-key", door.token), framing]))
                for _ in 0..<64 { try await client.send(isChunked ? ScriptedUpstream.chunk(piece) : piece) }
                if isChunked { try await client.send(ScriptedUpstream.lastChunk) }
                #expect(try await client.message(answering: "POST").text == "whole")
                await client.close()
            }
        }
    }

    /// No client of a model's ends its side and waits; what ends its side has mostly vanished.
    @Test("A client that ends its side has left: what was asked for by then is settled, and nothing else is", arguments: [false, true])
    func halfClosed(isEarly: Bool) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            if isEarly {
                try await client.send(Array(door.request("/anthropic/v1/messages", body: "0123456789").dropLast(5)))
                try await client.endSending()
                try await client.end()
                #expect(fixture.upstream.requests.isEmpty)
                return
            }
            try await client.send(door.request("/anthropic/v1/messages"))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            try await provider.send(ScriptedUpstream.streamHead)
            try await client.sees("\r\n\r\n")
            try await client.endSending()
            try await client.end()
            for part in MeteredAnswer.messages.parts { try await provider.send(ScriptedUpstream.chunk(part)) }
            try await provider.send(ScriptedUpstream.lastChunk)
            let rows = try await fixture.rows(1)
            #expect(rows.map(\.usage) == [MeteredAnswer.messages.usage])
            #expect(rows.map(\.state) == ["exact"])
        }
    }

    @Test("Requests that come all at once are answered in their order")
    func pipelined() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            let paths = ["/anthropic/v1/messages", "/openai/v1/responses", "/nothing/here", "/google/v1beta/models", "/healthz"]
            try await client.send(paths.flatMap { door.request($0, method: $0 == "/healthz" ? "GET" : "POST", body: $0) })
            // The second goes nowhere before the first is answered.
            let first = try await fixture.upstream.accept()
            #expect(try await first.message().text == paths[0])
            #expect(fixture.upstream.connections == 1)
            fixture.upstream.answering { Array(ScriptedUpstream.answer("to \($0.text)", [ScriptedUpstream.closing]).utf8) }
            try await first.send(ScriptedUpstream.answer("to \(paths[0])", [ScriptedUpstream.closing]))
            let answers = [
                try await client.message(answering: "POST"), try await client.message(answering: "POST"),
                try await client.message(answering: "POST"), try await client.message(answering: "POST"),
                try await client.message(answering: "GET"),
            ]
            #expect(answers.map(\.status) == [200, 200, 404, 200, 200])
            #expect([0, 1, 3].map { answers[$0].text } == [0, 1, 3].map { "to \(paths[$0])" })
        }
    }
}
