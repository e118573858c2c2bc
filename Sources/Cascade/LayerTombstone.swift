/// Who turned a layer off, when and why: the tombstone of layers that people change.
public struct LayerTombstone<Actor> {
    /// The user who turned it off.
    public var by: Actor
    /// The time, in UTC milliseconds.
    public var at: Int64
    /// The user's reason.
    public var reason: String?

    /// Creates a tombstone.
    public init(by: Actor, at: Int64, reason: String?) {
        self.by = by
        self.at = at
        self.reason = reason
    }
}

extension LayerTombstone: Sendable where Actor: Sendable {}
extension LayerTombstone: Equatable where Actor: Equatable {}
extension LayerTombstone: Hashable where Actor: Hashable {}
