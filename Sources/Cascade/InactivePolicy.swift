/// The meaning of *off* for a kind of thing.
///
/// It is chosen once for everything of a kind (all credentials, one setting), never by a layer: no layer may decide which layers are
/// consulted.
public enum InactivePolicy<Value> {
    /// Off stops the search and yields nothing. For credentials and permissions; the default.
    case block
    /// Off removes this layer's own value and lets broader layers decide.
    case inherit
    /// Off stops the search and yields this value. For feature flags, where off means `false`.
    case force(Value)
}

extension InactivePolicy: Sendable where Value: Sendable {}
extension InactivePolicy: Equatable where Value: Equatable {}
