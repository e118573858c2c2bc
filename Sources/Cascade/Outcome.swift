/// The result of a cascade. It is not an optional: not found, turned off and broken are different results.
public enum Outcome<Layer, Value, Tombstone, Failure> {
    /// This value applies; this layer decided.
    case found(Value, at: Layer)
    /// A layer turned the thing off, and nothing may be used instead.
    case blocked(at: Layer, by: Tombstone)
    /// A layer selected something that can't be used, and nothing may be used instead.
    case failed(at: Layer, why: Failure)
    /// No layer says anything.
    case absent

    /// The value that applies; `nil` for the other results.
    public var value: Value? {
        guard case .found(let value, _) = self else { return nil }
        return value
    }

    /// The layer that decided; `nil` if none did.
    public var layer: Layer? {
        switch self {
        case .found(_, let layer), .blocked(let layer, _), .failed(let layer, _): layer
        case .absent: nil
        }
    }
}

extension Outcome: Sendable where Layer: Sendable, Value: Sendable, Tombstone: Sendable, Failure: Sendable {}
extension Outcome: Equatable where Layer: Equatable, Value: Equatable, Tombstone: Equatable, Failure: Equatable {}
