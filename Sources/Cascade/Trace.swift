/// One layer's part in a resolution, fit to be shown to a person.
///
/// A step never holds the value itself, so a trace over credentials can be logged and stored.
public struct Step<Layer, Tombstone, Failure> {
    /// What stood at the layer.
    public enum Finding {
        case absent
        case active
        case inactive(Tombstone)
        case failed(Failure)
    }

    /// What the walk did on account of it.
    public enum Verdict: String, Sendable, Hashable, Codable {
        /// The layer said nothing, so the search went on.
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
        /// Ceiling mode: the layer allows at least as much as another, so it did not set the limit.
        case allowed
        /// Ceiling mode: the layer set the limit that holds.
        case tightest
    }

    public var layer: Layer
    public var finding: Finding
    public var verdict: Verdict

    /// Makes a step from its three parts.
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

/// An ``Outcome`` with the trace of how it came about: one ``Step`` a layer, in the order given.
public struct Resolution<Layer, Value, Tombstone, Failure> {
    public var outcome: Outcome<Layer, Value, Tombstone, Failure>
    public var trace: [Step<Layer, Tombstone, Failure>]

    /// Makes a resolution from its two parts.
    public init(outcome: Outcome<Layer, Value, Tombstone, Failure>, trace: [Step<Layer, Tombstone, Failure>]) {
        self.outcome = outcome
        self.trace = trace
    }
}

extension Resolution: Sendable where Layer: Sendable, Value: Sendable, Tombstone: Sendable, Failure: Sendable {}
extension Resolution: Equatable where Layer: Equatable, Value: Equatable, Tombstone: Equatable, Failure: Equatable {}
