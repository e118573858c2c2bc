/// A layer's statement about a thing.
///
/// The four cases are different facts. In particular, ``inactive(_:)`` is not ``absent``: a layer that was turned off makes a statement (a
/// *tombstone*), while an absent layer was never configured and says nothing.
///
/// The tombstone and the failure are generic, so that a trace can tell *who* turned a thing off and *why* one is broken.
public enum Entry<Value, Tombstone, Failure> {
    /// The layer says nothing. Only this lets an ordinary search continue.
    case absent
    /// The layer says: use this value.
    case active(Value)
    /// The layer says: off. Its meaning is the ``InactivePolicy`` of the kind of thing.
    case inactive(Tombstone)
    /// The layer selects something that can't be used. It is never treated as absent.
    case failed(Failure)
}

extension Entry: Sendable where Value: Sendable, Tombstone: Sendable, Failure: Sendable {}
extension Entry: Equatable where Value: Equatable, Tombstone: Equatable, Failure: Equatable {}
extension Entry: Hashable where Value: Hashable, Tombstone: Hashable, Failure: Hashable {}

/// A named layer of a cascade and its entry.
public struct Layered<Layer, Value, Tombstone, Failure> {
    /// The layer's name.
    public var layer: Layer
    /// The layer's statement.
    public var entry: Entry<Value, Tombstone, Failure>

    /// Pairs a layer with its entry.
    public init(_ layer: Layer, _ entry: Entry<Value, Tombstone, Failure>) {
        self.layer = layer
        self.entry = entry
    }
}

extension Layered: Sendable where Layer: Sendable, Value: Sendable, Tombstone: Sendable, Failure: Sendable {}
extension Layered: Equatable where Layer: Equatable, Value: Equatable, Tombstone: Equatable, Failure: Equatable {}
