/// What one layer of a cascade says about a thing.
///
/// The four cases are four different facts. In particular ``inactive(_:)`` is not ``absent``: somebody
/// turned the thing off at this layer, and that is a statement of its own (a *tombstone*), while an absent
/// layer was never configured and says nothing at all.
///
/// The tombstone and the failure are types of your own, so that a trace can tell *who* turned a thing off
/// and *why* one is broken.
public enum Entry<Value, Tombstone, Failure> {
    /// The layer says nothing. Only this lets an ordinary search go on.
    case absent
    /// The layer says: use this value.
    case active(Value)
    /// The layer says: off. What that means is the ``InactivePolicy`` of the kind of thing resolved.
    case inactive(Tombstone)
    /// The layer selects something that can't be used. It is never treated as absent.
    case failed(Failure)
}

extension Entry: Sendable where Value: Sendable, Tombstone: Sendable, Failure: Sendable {}
extension Entry: Equatable where Value: Equatable, Tombstone: Equatable, Failure: Equatable {}
extension Entry: Hashable where Value: Hashable, Tombstone: Hashable, Failure: Hashable {}

/// A named layer of a cascade together with what it says.
public struct Layered<Layer, Value, Tombstone, Failure> {
    public var layer: Layer
    public var entry: Entry<Value, Tombstone, Failure>

    /// Pairs a layer with its entry.
    public init(_ layer: Layer, _ entry: Entry<Value, Tombstone, Failure>) {
        self.layer = layer
        self.entry = entry
    }
}

extension Layered: Sendable where Layer: Sendable, Value: Sendable, Tombstone: Sendable, Failure: Sendable {}
extension Layered: Equatable where Layer: Equatable, Value: Equatable, Tombstone: Equatable, Failure: Equatable {}
