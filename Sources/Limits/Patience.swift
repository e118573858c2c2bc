import NIOCore

/// How long is waited for who asks. Nothing of it ends an answer, a stream or a tunnel that is under way.
public struct Patience: Sendable, Hashable {
    /// For a whole head of a request, from who has not proved who they are: from the connection's beginning, or the last answer's end.
    public var head = TimeAmount.seconds(20)
    /// The same from who has: a client keeps its connection for the next request. Longer than clients do by themselves.
    public var idle = TimeAmount.seconds(120)
    /// For the next bytes of a body.
    public var body = TimeAmount.seconds(45)
    /// For a whole body.
    public var wholeBody = TimeAmount.minutes(15)
    /// For the rest of a request that was answered before it was complete.
    public var rest = TimeAmount.seconds(10)
    /// For who is refused to take the sentence that says so.
    public var parting = TimeAmount.seconds(2)

    /// The standard times.
    public init() {}
}
