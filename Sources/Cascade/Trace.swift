/// One layer's part in a resolution, for display.
///
/// A step never has the value itself, so a trace over credentials can be logged and stored.
public struct Step<Layer, Tombstone, Failure> {
    /// The kind of entry at the layer.
    public enum Finding {
        /// The layer says nothing.
        case absent
        /// The layer has a value.
        case active
        /// The layer is off.
        case inactive(Tombstone)
        /// The layer's value can't be used.
        case failed(Failure)

        /// The kind as it is stored and sent: `absent`, `active`, `inactive` or `failed`.
        public var name: String {
            switch self {
            case .absent: "absent"
            case .active: "active"
            case .inactive: "inactive"
            case .failed: "failed"
            }
        }
    }

    /// The effect of the layer.
    public enum Verdict: String, Sendable, Hashable, Codable {
        /// The layer said nothing, so the search continued.
        case continuedBecauseAbsent
        /// The layer is off, and off means *inherit* for this kind of thing.
        case continuedBecauseInherited
        /// The layer's value was taken.
        case decidedByValue
        /// The layer is off, and off means *stop and use nothing*.
        case decidedByTombstone
        /// The layer is off, and off means *stop and use this fixed value*.
        case decidedByForcedValue
        /// The layer's selection is broken; nothing else may stand in for it.
        case decidedByFailure
        /// A narrower layer had already decided.
        case notConsulted
        /// Ceiling mode: the layer allows at least as much as another, so it did not decide.
        case allowed
        /// Ceiling mode: the layer decided as the strictest.
        case tightest
    }

    /// The layer's name.
    public var layer: Layer
    /// The kind of entry.
    public var finding: Finding
    /// The effect.
    public var verdict: Verdict

    /// Creates a step from its parts.
    public init(layer: Layer, finding: Finding, verdict: Verdict) {
        self.layer = layer
        self.finding = finding
        self.verdict = verdict
    }
}

extension Step.Finding {
    init<Value>(_ entry: Entry<Value, Tombstone, Failure>) {
        switch entry {
        case .absent: self = .absent
        case .active: self = .active
        case .inactive(let tombstone): self = .inactive(tombstone)
        case .failed(let failure): self = .failed(failure)
        }
    }
}

extension Step: Sendable where Layer: Sendable, Tombstone: Sendable, Failure: Sendable {}
extension Step: Equatable where Layer: Equatable, Tombstone: Equatable, Failure: Equatable {}
extension Step.Finding: Sendable where Tombstone: Sendable, Failure: Sendable {}
extension Step.Finding: Equatable where Tombstone: Equatable, Failure: Equatable {}

/// An ``Outcome`` with its trace: one ``Step`` per layer, in the given order.
public struct Resolution<Layer, Value, Tombstone, Failure> {
    /// The result.
    public var outcome: Outcome<Layer, Value, Tombstone, Failure>
    /// The steps.
    public var trace: [Step<Layer, Tombstone, Failure>]

    /// Creates a resolution from its parts.
    public init(outcome: Outcome<Layer, Value, Tombstone, Failure>, trace: [Step<Layer, Tombstone, Failure>]) {
        self.outcome = outcome
        self.trace = trace
    }
}

extension Resolution: Sendable where Layer: Sendable, Value: Sendable, Tombstone: Sendable, Failure: Sendable {}
extension Resolution: Equatable where Layer: Equatable, Value: Equatable, Tombstone: Equatable, Failure: Equatable {}
