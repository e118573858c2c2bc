import NIOHTTP1

/// Which headers go through and which do not. Everything that is not named here goes through byte for byte, in its order.
enum HeaderRules {
    /// Headers of one connection, which are nobody else's business (RFC 9110, section 7.6.1).
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    private static let keyNames: Set<String> = ["authorization", "x-api-key", "x-goog-api-key", "api-key"]

    /// Whether clients put keys into this header.
    static func carriesKey(_ name: String) -> Bool { keyNames.contains(name.lowercased()) }

    /// How long a request's body is, as its head tells.
    enum Framing: Hashable {
        /// There is none.
        case none
        case length(Int)
        case chunked
    }

    static func framing(of headers: HTTPHeaders) -> Framing {
        if headers.contains(name: "transfer-encoding") { return .chunked }
        return headers.first(name: "content-length").flatMap { Int($0) }.map(Framing.length) ?? .none
    }

    /// The head of a request as the provider gets it.
    ///
    /// - Parameters:
    ///   - uri: the path and query at the provider.
    ///   - credentials: the headers that carry the key.
    ///   - framing: of the body as it is sent.
    ///   - isAmended: whether SAM has to read and change the answer, which must not be compressed then.
    ///   - keepsKeys: whether the client's own keys go through, because there are none of SAM's.
    static func upstream(
        _ head: HTTPRequestHead, uri: String, host: String, credentials: [(name: String, value: String)], framing: Framing, isAmended: Bool,
        keepsKeys: Bool = false
    ) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(head.headers.count + 4)
        headers.add(name: "Host", value: host)
        let named = namedByConnection(head.headers)
        for (name, value) in head.headers {
            let lower = name.lowercased()
            if lower == "host" || lower == "content-length" || hopByHop.contains(lower) || !keepsKeys && keyNames.contains(lower)
                || named.contains(lower)
            {
                continue
            }
            // A body that is held here is asked for by SAM, before it asks the provider for anything.
            if isAmended, lower == "accept-encoding" { continue }
            headers.add(name: name, value: value)
        }
        for (name, value) in credentials { headers.add(name: name, value: value) }
        if isAmended { headers.add(name: "accept-encoding", value: "identity") }
        switch framing {
        case .none: break
        case .length(let bytes): headers.add(name: "content-length", value: String(bytes))
        case .chunked: headers.add(name: "transfer-encoding", value: "chunked")
        }
        return HTTPRequestHead(version: .http1_1, method: head.method, uri: uri, headers: headers)
    }

    /// The head of an answer as the client gets it.
    ///
    /// - Parameters:
    ///   - isToHead: whether it answers HEAD, and has no body whatever it says.
    ///   - closes: whether the connection ends with it.
    ///   - isAmended: whether a part of the body may be taken out, so that its length is not known.
    ///   - knowsChunks: whether the client speaks HTTP/1.1. For an older one the end of the connection is the body's.
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

    /// Headers that `Connection` says are of the connection too.
    private static func namedByConnection(_ headers: HTTPHeaders) -> Set<String> {
        guard headers.contains(name: "connection") else { return [] }
        // Nobody can take away what a request is authorised or framed by.
        let kept: Set<String> = ["content-length", "host"]
        return Set(headers[canonicalForm: "connection"].map { $0.lowercased() }).subtracting(kept)
    }
}
