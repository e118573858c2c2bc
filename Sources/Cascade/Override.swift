/// Resolves layers in *override* mode: from narrow to broad, the first layer that says something decides.
///
/// Only ``Entry/absent`` lets the search continue (and ``Entry/inactive(_:)`` where the policy is ``InactivePolicy/inherit``). So a broader
/// layer can never change a narrower one's decision, and a thing that was turned off can't be replaced without its owner's knowledge.
///
/// A credential, where off means *use nothing*:
///
/// ```swift
/// let resolution = resolve([
///     Layered("project", .inactive("turned off by kim")),
///     Layered("user", .active("key-2")),
///     Layered("platform", Entry<String, String, String>.active("key-1")),
/// ])
/// // resolution.outcome == .blocked(at: "project", by: "turned off by kim")
/// ```
///
/// A feature flag, where off means `false`:
///
/// ```swift
/// let flag = resolve([
///     Layered("user", Entry<Bool, String, Never>.inactive("not for me")),
///     Layered("platform", .active(true)),
/// ], inactive: .force(false))
/// // flag.outcome == .found(false, at: "user")
/// ```
///
/// A setting, where off means *forget my override*:
///
/// ```swift
/// let theme = resolve([
///     Layered("user", Entry<String, String, Never>.inactive("back to normal")),
///     Layered("platform", .active("dark")),
/// ], inactive: .inherit)
/// // theme.outcome == .found("dark", at: "platform")
/// ```
///
/// - Parameters:
///   - layers: the layers with their entries, narrowest first.
///   - policy: the meaning of off for this kind of thing.
/// - Returns: the outcome and a trace with exactly one step per layer, in the given order.
public func resolve<Layer, Value, Tombstone, Failure>(
    _ layers: [Layered<Layer, Value, Tombstone, Failure>],
    inactive policy: InactivePolicy<Value> = .block
) -> Resolution<Layer, Value, Tombstone, Failure> {
    var outcome = Outcome<Layer, Value, Tombstone, Failure>.absent
    var decided = false
    var trace: [Step<Layer, Tombstone, Failure>] = []
    trace.reserveCapacity(layers.count)

    for layered in layers {
        let verdict: Step<Layer, Tombstone, Failure>.Verdict
        if decided {
            verdict = .notConsulted
        } else {
            switch (layered.entry, policy) {
            case (.absent, _):
                verdict = .continuedBecauseAbsent
            case (.active(let value), _):
                outcome = .found(value, at: layered.layer)
                verdict = .decidedByValue
            case (.failed(let failure), _):
                outcome = .failed(at: layered.layer, why: failure)
                verdict = .decidedByFailure
            case (.inactive(let tombstone), .block):
                outcome = .blocked(at: layered.layer, by: tombstone)
                verdict = .decidedByTombstone
            case (.inactive, .inherit):
                verdict = .continuedBecauseInherited
            case (.inactive, .force(let value)):
                outcome = .found(value, at: layered.layer)
                verdict = .decidedByForcedValue
            }
            if case .absent = outcome {} else { decided = true }
        }
        trace.append(Step(layer: layered.layer, finding: .init(layered.entry), verdict: verdict))
    }
    return Resolution(outcome: outcome, trace: trace)
}
