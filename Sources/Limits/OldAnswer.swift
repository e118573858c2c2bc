import NIOHTTP1

/// A request as far as the form of its answer depends on it.
struct AskedRequest {
    var method: HTTPMethod
    /// Whether it came in HTTP/1.0 or earlier.
    var isOld: Bool
    /// Whether the client wants its connection kept.
    var keepsAlive: Bool

    init(_ head: HTTPRequestHead) {
        method = head.method
        isOld = head.version.major < 1 || head.version.major == 1 && head.version.minor == 0
        keepsAlive = head.isKeepAlive
    }
}

/// The head of an answer as a client of HTTP/1.0 understands it: no announcements, no chunks, and a connection that ends with the answer
/// unless the client asked to keep it and the length is told (RFC 9110, section 15.2; RFC 9112, sections 6.1, 6.3 and 9.3).
struct OldAnswer: Equatable {
    var head: HTTPResponseHead
    /// Whether the connection ends with the answer.
    var closes: Bool

    /// Makes the head for that client; `nil` when it must not get this one at all.
    init?(_ head: HTTPResponseHead, to request: AskedRequest) {
        if head.status.code < 200, head.status != .switchingProtocols { return nil }
        self.head = head
        self.head.version = .http1_0
        let isTunnel = request.method == .CONNECT && (200..<300).contains(head.status.code) || head.status == .switchingProtocols
        guard !isTunnel else {
            closes = false
            return
        }
        let hasBody = request.method != .HEAD && head.status.mayHaveResponseBody
        let tellsLength = !hasBody || head.headers.contains(name: "content-length")
        closes = !request.keepsAlive || !tellsLength || !head.isKeepAlive
        self.head.headers.remove(name: "transfer-encoding")
        self.head.headers.replaceOrAdd(name: "connection", value: closes ? "close" : "keep-alive")
    }
}
