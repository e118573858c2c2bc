import NIOCore

/// Time limits for clients. None of them ends a response, a stream or a tunnel in progress,
/// except a response or a stream that the client does not read.
public struct ClientTimeouts: Sendable, Hashable {
    /// For the complete head of a request from an unauthenticated client, since the connection's start or the last response's end.
    public var head = TimeAmount.seconds(20)
    /// The same for an authenticated client, which keeps its connection for the next request. Longer than clients' own limits.
    public var idle = TimeAmount.seconds(120)
    /// For the next bytes of a body.
    public var body = TimeAmount.seconds(45)
    /// For a complete body.
    public var wholeBody = TimeAmount.minutes(15)
    /// For the rest of a request that was answered before it was complete.
    public var rest = TimeAmount.seconds(10)
    /// For an unauthenticated client to take any of an answer that waits for it.
    public var taking = TimeAmount.seconds(20)
    /// The same for an authenticated client. Long enough for a person who stops a program or reads page by page.
    public var takingProved = TimeAmount.minutes(5)
    /// For a refused client to read the response.
    public var parting = TimeAmount.seconds(2)

    /// Creates the default time limits.
    public init() {}
}
