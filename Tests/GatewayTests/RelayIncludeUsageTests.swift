import Foundation
import Metering
import Testing

@Suite("Streams of Chat Completions that tell their usage only when asked", .timeLimit(.minutes(20)))
struct RelayIncludeUsageTests {
    static let chunks = MeteredAnswer.chat.parts
    static let extra = 2

    /// Asks, and answers as a provider that was asked for the usage.
    private func talk(
        _ path: String, _ body: String, _ fixture: GatewayFixture, headers: [RawHeader] = []
    ) async throws -> (request: RawMessage, answer: RawMessage) {
        let door = try await fixture.session("s_\(fixture.upstream.connections)")
        let client = try await door.connect()
        try await client.send(door.request(path, headers, body: body))
        let provider = try await fixture.upstream.accept()
        let request = try await provider.message()
        try await provider.send(ScriptedUpstream.streamHead)
        for chunk in Self.chunks { try await provider.send(ScriptedUpstream.chunk(chunk)) }
        try await provider.send(ScriptedUpstream.lastChunk)
        return (request, try await client.message(answering: "POST"))
    }

    /// The same text for the same JSON, with another value for one field where it is wanted.
    private func canonical(_ text: String, options: String? = nil) throws -> String {
        var object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        if let options { object["stream_options"] = try JSONSerialization.jsonObject(with: Data(options.utf8)) }
        return String(decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
    }

    private static var withoutExtra: String {
        var chunks = chunks
        chunks.remove(at: extra)
        return chunks.joined()
    }

    @Test(
        "Usage is asked for where the client did not, and the chunk that tells it goes no further",
        arguments: [
            (#"{"model":"gpt-4.1","stream":true,"messages":[{"content":"é \"stream\":false"}]}"#, #"{"include_usage":true}"#),
            (#"{ "stream" : true }"#, #"{"include_usage":true}"#),
            (#"{"stream":true,"stream_options":null}"#, #"{"include_usage":true}"#),
            (#"{"stream":true,"stream_options":{}}"#, #"{"include_usage":true}"#),
            (#"{"stream_options":{"include_obfuscation":false},"stream":true}"#, #"{"include_obfuscation":false,"include_usage":true}"#),
            (#"{"stream_options":{"include_usage":false},"stream":true,"n":1}"#, #"{"include_usage":true}"#),
        ])
    func added(body: String, options: String) async throws {
        try await GatewayFixture.with { fixture in
            let (request, answer) = try await talk(
                "/openai/v1/chat/completions", body, fixture, headers: [RawHeader("Accept-Encoding", "gzip, br"), RawHeader("X-A", "b")])
            #expect(try canonical(request.text) == canonical(body, options: options))
            #expect(request.values("content-length") == ["\(request.body.count)"])
            #expect(request.values("x-a") == ["b"])
            // What has to be changed must be readable.
            #expect(request.values("accept-encoding").allSatisfy { !$0.contains("gzip") && !$0.contains("br") })
            #expect(answer.isWhole)
            #expect(answer.text == Self.withoutExtra)
            let row = try #require(try await fixture.rows(1).first)
            #expect(row.usage == MeteredAnswer.chat.usage)
            #expect(row.state == "exact")
        }
    }

    @Test(
        "Everything else stays as it is, and so does its answer",
        arguments: [
            ("/openai/v1/chat/completions", #"{"stream":true,"stream_options":{"include_usage":true}}"#),
            ("/openai/v1/chat/completions", #"{"model":"gpt-4.1","stream":false}"#),
            ("/openai/v1/chat/completions", #"{"model":"gpt-4.1"}"#),
            ("/openai/v1/chat/completions", #"{"messages":[{"stream":true}]}"#),
            ("/openai/v1/chat/completions", #"{"stream":true"#),
            ("/openai/v1/chat/completions", "no JSON"),
            ("/openai/v1/responses", #"{"model":"gpt-5.1","stream":true}"#),
            ("/mistral/v1/chat/completions", #"{"model":"mistral-large-latest","stream":true}"#),
            ("/anthropic/v1/messages", #"{"model":"claude-haiku-4-5","stream":true}"#),
        ])
    func untouched(path: String, body: String) async throws {
        try await GatewayFixture.with { fixture in
            let (request, answer) = try await talk(path, body, fixture, headers: [RawHeader("Accept-Encoding", "gzip, br")])
            #expect(request.text == body)
            #expect(request.values("content-length") == ["\(body.utf8.count)"])
            #expect(request.values("accept-encoding") == ["gzip, br"])
            #expect(answer.text == Self.chunks.joined())
        }
    }

    @Test("A request in chunks is asked for its usage like any other")
    func chunkedRequest() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            let headers = [RawHeader("Authorization", "Bearer \(door.token)"), RawHeader("Transfer-Encoding", "chunked")]
            let pieces = [#"{"model":"gpt-4"#, #".1","str"#, #"eam":tr"#, #"ue}"#].map { ScriptedUpstream.chunk($0) }
            let head = RawClient.request("POST", "/openai/v1/chat/completions", headers)
            try await client.send(head + pieces.joined() + Array(ScriptedUpstream.lastChunk.utf8))
            let request = try await fixture.upstream.accept().message()
            #expect(try canonical(request.text) == canonical(#"{"model":"gpt-4.1","stream":true}"#, options: #"{"include_usage":true}"#))
            #expect(request.isWhole)
        }
    }

    @Test("An event is sent to the client when it is complete, not when the next one is")
    func eventByEvent() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/openai/v1/chat/completions", body: #"{"stream":true}"#))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            try await provider.send(ScriptedUpstream.streamHead)
            for chunk in Self.chunks where chunk != Self.chunks[Self.extra] {
                try await provider.send(ScriptedUpstream.chunk(chunk))
                try await client.sees(chunk)
            }
            try await provider.send(ScriptedUpstream.lastChunk)
            #expect(try await client.message(answering: "POST").text == Self.withoutExtra)
        }
    }

    @Test("An error and a compressed answer pass as they are, although usage was asked for", arguments: ["400 Bad Request", "200 OK"])
    func untouchable(status: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let body = #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":9}}"#
            let headers = status.hasPrefix("200") ? [RawHeader("Content-Encoding", "zstd")] : []
            fixture.upstream.answering(ScriptedUpstream.answer(body, status: status, headers))
            let answer = try await door.ask("/openai/v1/chat/completions", body: #"{"stream":true}"#)
            #expect(answer.text == body)
            #expect(answer.values("content-encoding") == headers.map(\.value))
        }
    }
}
