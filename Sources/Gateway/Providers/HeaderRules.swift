import NIOHTTP1

/// The headers that are forwarded. Every header that is not named here is forwarded byte for byte, in its order.
enum HeaderRules {
    /// Hop-by-hop headers, which are not forwarded (RFC 9110, section 7.6.1).
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    private static let keyNames: Set<String> = ["authorization", "x-api-key", "x-goog-api-key", "api-key"]

    /// Whether clients send keys in this header.
    static func carriesKey(_ name: String) -> Bool { keyNames.contains(name.lowercased()) }

    /// The framing of a request's body, according to its head.
    enum Framing: Hashable {
        /// There is no body.
        case none
        case length(Int)
        case chunked
    }

    static func framing(of headers: HTTPHeaders) -> Framing {
        if headers.contains(name: "transfer-encoding") { return .chunked }
        return headers.first(name: "content-length").flatMap { Int($0) }.map(Framing.length) ?? .none
    }

    /// The head of a request as it is sent to the provider.
    ///
    /// - Parameters:
    ///   - uri: the path and query at the provider.
    ///   - credentials: the headers that carry the key.
    ///   - framing: the framing of the forwarded body.
    ///   - isAmended: whether SAM reads and changes the answer, which must be uncompressed then.
    ///   - keepsKeys: whether the client's own keys are forwarded, because SAM adds none.
    static func upstream(
        _ head: HTTPRequestHead, uri: String, host: String, credentials: [(name: String, value: String)], framing: Framing, isAmended: Bool,
        keepsKeys: Bool = false
    ) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(head.headers.count + 4)
        headers.add(name: "Host", value: host)
        let named = namedByConnection(head.headers)
        let codings = isAmended ? ["identity"] : AcceptedCodings.lines(head.headers["accept-encoding"])
        for (name, value) in head.headers {
            let lower = name.lowercased()
            if lower == "host" || lower == "content-length" || hopByHop.contains(lower) || !keepsKeys && keyNames.contains(lower)
                || named.contains(lower)
            {
                continue
            }
            if codings != nil, lower == "accept-encoding" { continue }
            headers.add(name: name, value: value)
        }
        for (name, value) in credentials { headers.add(name: name, value: value) }
        for line in codings ?? [] { headers.add(name: "accept-encoding", value: line) }
        switch framing {
        case .none: break
        case .length(let bytes): headers.add(name: "content-length", value: String(bytes))
        case .chunked: headers.add(name: "transfer-encoding", value: "chunked")
        }
        return HTTPRequestHead(version: .http1_1, method: head.method, uri: uri, headers: headers)
    }

    /// The head of an answer as it is sent to the client.
    ///
    /// - Parameters:
    ///   - isToHead: whether it answers HEAD, and so has no body regardless of its headers.
    ///   - closes: whether the connection is closed after it.
    ///   - isAmended: whether a part of the body may be removed, so that its length is unknown.
    ///   - knowsChunks: whether the client speaks HTTP/1.1. For an older one, the end of the connection ends the body.
    static func client(
        _ head: HTTPResponseHead, isToHead: Bool, closes: Bool, isAmended: Bool, knowsChunks: Bool = true
    ) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(head.headers.count + 1)
        let named = namedByConnection(head.headers)
        var hasLength = false
        for (name, value) in head.headers {
            let lower = name.lowercased()
            if hopByHop.contains(lower) || named.contains(lower) { continue }
            if lower == "content-length" {
                if isAmended { continue }
                hasLength = true
            }
            headers.add(name: name, value: value)
        }
        let hasBody = !isToHead && head.status.mayHaveResponseBody
        if hasBody, !hasLength, knowsChunks { headers.add(name: "transfer-encoding", value: "chunked") }
        if closes { headers.add(name: "connection", value: "close") }
        return HTTPResponseHead(version: .http1_1, status: head.status, headers: headers)
    }

    /// Whether the client can find the end of the body without chunks: its length is stated, or there is no body.
    static func tellsLength(_ head: HTTPResponseHead, isToHead: Bool, isAmended: Bool) -> Bool {
        isToHead || !head.status.mayHaveResponseBody || !isAmended && head.headers.contains(name: "content-length")
    }

    /// The additional hop-by-hop headers that `Connection` names.
    private static func namedByConnection(_ headers: HTTPHeaders) -> Set<String> {
        guard headers.contains(name: "connection") else { return [] }
        // `Connection` must not remove the headers that frame or address a message.
        let kept: Set<String> = ["content-length", "host"]
        return Set(headers[canonicalForm: "connection"].map { $0.lowercased() }).subtracting(kept)
    }
}
