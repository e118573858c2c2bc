import Foundation
import Fuzzing
import Testing

/// `make fuzz` gives this as long as one likes.
@Suite("Malformed requests", .timeLimit(.minutes(60)))
struct FramingFuzzTests {
    private static let words = [
        "\r\n", "\r\n\r\n", "\n", "\r", " ", "\t", ":", "\u{0}", "Content-Length: 5\r\n", "Content-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\n",
        "transfer-encoding: identity\r\n", "Connection: close\r\n", "Connection: x-api-key\r\n", "Upgrade: websocket\r\n",
        "Expect: 100-continue\r\n",
        "0\r\n\r\n", "5\r\nhello\r\n", "ffffffffffffffff\r\n", "HTTP/1.0", "HTTP/2.0", "GET ", "HEAD ", "CONNECT x:1 ", "/anthropic/",
        "/openai/v1/",
        "/../", "%2e%2e/", "//", "?key=", "http://elsewhere.example.org/", "*", "X-Api-Key: other\r\n", "Host: elsewhere\r\n", "\u{FF}",
    ]

    @Test("What reaches a provider is one clear request with its own key, and the next client is served")
    func requests() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let complaints = Complaints()
            let answer = ScriptedUpstream.answer(#"{"usage":{"input_tokens":1,"output_tokens":1}}"#)
            fixture.upstream.answering { request in
                complaints.note(Self.complaint(request))
                return Array(answer.utf8)
            }
            let body = #"{"model":"claude-haiku-4-5","max_tokens":1}"#
            let chunked = "2\r\n{}\r\n0\r\nX-Trailer: a\r\n\r\n"
            let corpus = [
                door.request("/anthropic/v1/messages", body: body), door.request("/openai/v1/models", method: "GET", body: nil),
                door.request("/openai/v1/chat/completions", body: #"{"model":"gpt-4.1","stream":true}"#)
                    + door.request("/google/v1beta/models/g:generateContent?alt=sse"),
                RawClient.request(
                    "POST", "/anthropic/v1/messages", [RawHeader("X-Api-Key", door.token), RawHeader("Transfer-Encoding", "chunked")],
                    body: Array(chunked.utf8)),
            ]
            await fuzz(corpus, words: Self.words, inputs: 1_000) { input, mutator in
                let client = try await door.connect()
                for piece in mutator.pieces(of: input) where !piece.isEmpty {
                    // Who is refused may be gone before all is said.
                    guard (try? await client.send(Array(piece))) != nil else { break }
                }
                try? await client.endSending()
                let said = try await client.end()
                await client.close()
                if let complaint = complaints.first { return complaint }
                guard said.isEmpty || said.starts(with: Array("HTTP/1.".utf8)) else {
                    return "It says \(String(decoding: said, as: UTF8.self))"
                }
                return Data(said).range(of: Data("-5f1c0a97e3".utf8)) == nil ? nil : "It shows a provider's key"
            }
            #expect(try await door.ask("/anthropic/v1/messages", body: body).status == 200)
            #expect(complaints.first == nil)
        }
    }

    /// What is wrong with a request at the provider. That it could be read at all was checked by then.
    private static func complaint(_ request: RawMessage) -> String? {
        let words = request.start.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[1].hasPrefix("/"), words[2] == "HTTP/1.1" else { return "Its first line is \(request.start)" }
        let framing = request.values("content-length").count + request.values("transfer-encoding").count
        guard framing <= 1 else { return "It is framed in two ways" }
        let keys = ["authorization", "x-api-key", "x-goog-api-key"].flatMap(request.values)
        guard keys.count == 1, keys.allSatisfy({ $0.hasSuffix("-5f1c0a97e3") }) else { return "Its keys are \(keys.count)" }
        guard request.values("host").count == 1 else { return "Its hosts are \(request.values("host"))" }
        for header in request.headers {
            let isName = !header.name.isEmpty && header.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
            guard isName, !header.value.utf8.contains(where: { $0 == 0 || $0 == 0x0a || $0 == 0x0d }) else {
                return "It has the header \(header)"
            }
        }
        return nil
    }
}
