import NIOHTTP1
import Testing

@testable import Gateway

@Suite("How long a body is said to be")
struct HeaderFramingTests {
    private func client(
        _ headers: HTTPHeaders, status: HTTPResponseStatus = .ok, isToHead: Bool = false, closes: Bool = false, isAmended: Bool = false
    ) -> HTTPResponseHead {
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        return HeaderRules.client(head, isToHead: isToHead, closes: closes, isAmended: isAmended)
    }

    @Test("A request's head tells how its body ends")
    func read() {
        #expect(HeaderRules.framing(of: [:]) == .none)
        #expect(HeaderRules.framing(of: ["content-type": "text/plain"]) == .none)
        #expect(HeaderRules.framing(of: ["Content-Length": "12"]) == .length(12))
        #expect(HeaderRules.framing(of: ["content-length": "33554432"]) == .length(33_554_432))
        #expect(HeaderRules.framing(of: ["Transfer-Encoding": "chunked"]) == .chunked)
        #expect(HeaderRules.framing(of: ["transfer-encoding": "Chunked"]) == .chunked)
        // Chunks go before a length: RFC 9112, 6.3. To believe the length is how requests are smuggled.
        #expect(HeaderRules.framing(of: ["content-length": "3", "transfer-encoding": "chunked"]) == .chunked)
        #expect([.none, .length(0)].contains(HeaderRules.framing(of: ["content-length": "0"])))
    }

    @Test(
        "The provider gets the framing that its body has, whatever the client's was",
        arguments: [
            HTTPHeaders([("Content-Length", "10")]), HTTPHeaders([("Transfer-Encoding", "chunked")]), HTTPHeaders(),
            HTTPHeaders([("content-length", "10"), ("Content-Length", "10")]),
            HTTPHeaders([("Transfer-Encoding", "chunked"), ("Content-Length", "10")]),
        ])
    func sent(headers: HTTPHeaders) {
        func upstream(_ framing: HeaderRules.Framing) -> HTTPHeaders {
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/openai/v1", headers: headers)
            return HeaderRules.upstream(
                head, uri: "/v1", host: "api.openai.com", credentials: [], framing: framing, isAmended: false
            ).headers
        }
        let long = upstream(.length(47))
        #expect(long["content-length"] == ["47"] && long["transfer-encoding"].isEmpty)
        let chunked = upstream(.chunked)
        #expect(chunked["transfer-encoding"] == ["chunked"] && chunked["content-length"].isEmpty)
        let none = upstream(.none)
        #expect(none["transfer-encoding"].isEmpty && ["", "0"].contains(none["content-length"].joined()))
    }

    @Test("An answer whose length is known keeps it")
    func length() {
        let head = client(["Content-Length": "12", "retry-after": "3"], status: .tooManyRequests)
        #expect(head.status == .tooManyRequests && head.headers["retry-after"] == ["3"])
        #expect(head.headers["content-length"] == ["12"] && head.headers["transfer-encoding"].isEmpty)
    }

    @Test("An answer of unknown length comes in chunks, which are said once")
    func chunks() {
        for headers: HTTPHeaders in [["content-type": "text/event-stream"], ["Transfer-Encoding": "chunked"]] {
            let head = client(headers)
            #expect(head.headers["transfer-encoding"] == ["chunked"] && head.headers["content-length"].isEmpty)
        }
    }

    @Test("An answer without a body has no chunks, and keeps the length that it would have had")
    func noBody() {
        for headers: HTTPHeaders in [["etag": "x"], ["etag": "x", "transfer-encoding": "chunked"]] {
            #expect(client(headers, isToHead: true).headers["transfer-encoding"].isEmpty)
            #expect(client(headers, status: .noContent).headers["transfer-encoding"].isEmpty)
            #expect(client(headers, status: .notModified).headers["transfer-encoding"].isEmpty)
        }
        #expect(client(["content-length": "512"], isToHead: true).headers["content-length"] == ["512"])
        #expect(client(["content-length": "512"], status: .notModified).headers["content-length"] == ["512"])
    }

    @Test("An answer of which something may be taken out has no length any more")
    func amended() {
        let head = client(["content-length": "512", "content-type": "text/event-stream"], isAmended: true)
        #expect(head.headers["content-length"].isEmpty && head.headers["transfer-encoding"] == ["chunked"])
    }

    @Test("The client is told that its connection closes when it does, not when the provider's does")
    func closing() {
        func says(_ headers: HTTPHeaders, closes: Bool) -> [String] {
            client(headers, closes: closes).headers[canonicalForm: "connection"].map { $0.lowercased() }
        }
        #expect(says(["content-length": "1"], closes: true) == ["close"])
        #expect(says(["content-length": "1", "Connection": "keep-alive"], closes: true) == ["close"])
        #expect(says(["content-length": "1", "Connection": "close"], closes: true) == ["close"])
        #expect(!says(["content-length": "1", "Connection": "close"], closes: false).contains("close"))
        #expect(!says(["content-length": "1"], closes: false).contains("close"))
    }

    @Test("A status that HTTP does not know goes through with its words")
    func oddStatus() {
        let status = HTTPResponseStatus(statusCode: 529, reasonPhrase: "Overloaded")
        let head = client(["content-length": "2"], status: status)
        #expect(head.status.code == 529 && head.status.reasonPhrase == "Overloaded" && head.version == .http1_1)
    }
}
