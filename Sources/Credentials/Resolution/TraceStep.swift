import Accounts
import Cascade

/// One step of a resolution as it is stored and sent: the finding at a layer and the verdict.
public struct TraceStep: Sendable, Hashable, Codable {
    /// The layer's scope.
    public var scope: Scope
    /// `absent`, `active`, `inactive` or `failed`.
    public var finding: String
    /// The step that the cascade took at this layer.
    public var verdict: String

    init<Tombstone, Failure>(_ step: Step<Scope, Tombstone, Failure>) {
        scope = step.layer
        verdict = step.verdict.rawValue
        finding = step.finding.name
    }
}
