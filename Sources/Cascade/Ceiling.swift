/// Resolves layers in *ceiling* mode: every layer that says something must allow the value.
///
/// For things that no narrower layer may loosen: kill switches, limits, allow-lists, budgets. All layers are consulted, and the result is
/// the value that all of them allow.
///
/// ```swift
/// let limit = resolveCeiling([
///     Layered("project", Entry<Int, String, Never>.active(16)),
///     Layered("user", .absent),
///     Layered("platform", .active(8)),
/// ], tighten: min)
/// // limit.outcome == .found(8, at: "platform"): the project asked for more than it may have
/// ```
///
/// Off follows the policy: with ``InactivePolicy/block`` a tombstone at any layer refuses, with ``InactivePolicy/inherit`` it says nothing,
/// with ``InactivePolicy/force(_:)`` it counts as that value. A failed entry at any layer refuses: an unreadable limit is not the same as
/// no limit. If several layers refuse, the narrowest is named.
///
/// - Parameters:
///   - layers: the layers with their entries, narrowest first.
///   - policy: the meaning of off for this kind of thing.
///   - tighten: the value that two layers both allow (`min` for a limit, `&&` for a switch, an intersection for a list). It must be
///     associative and commutative.
/// - Returns: the outcome and one step per layer. ``Outcome/found(_:at:)`` names the strictest layer: the last one that changed the value
///   on the way from narrow to broad.
public func resolveCeiling<Layer, Value: Equatable, Tombstone, Failure>(
    _ layers: [Layered<Layer, Value, Tombstone, Failure>],
    inactive policy: InactivePolicy<Value> = .block,
    tighten: (Value, Value) -> Value
) -> Resolution<Layer, Value, Tombstone, Failure> {
    var refusal: (outcome: Outcome<Layer, Value, Tombstone, Failure>, index: Int)?
    var ceiling: (value: Value, index: Int)?
    var trace: [Step<Layer, Tombstone, Failure>] = []
    trace.reserveCapacity(layers.count)

    for (index, layered) in layers.enumerated() {
        var verdict: Step<Layer, Tombstone, Failure>.Verdict
        var allowed: Value?
        switch (layered.entry, policy) {
        case (.absent, _):
            verdict = .continuedBecauseAbsent
        case (.active(let value), _):
            allowed = value
            verdict = .allowed
        case (.inactive, .force(let value)):
            allowed = value
            verdict = .allowed
        case (.inactive, .inherit):
            verdict = .continuedBecauseInherited
        case (.inactive(let tombstone), .block):
            refusal = refusal ?? (.blocked(at: layered.layer, by: tombstone), index)
            verdict = .decidedByTombstone
        case (.failed(let failure), _):
            refusal = refusal ?? (.failed(at: layered.layer, why: failure), index)
            verdict = .decidedByFailure
        }
        if let allowed {
            if let standing = ceiling {
                let tightened = tighten(standing.value, allowed)
                ceiling = (tightened, tightened == standing.value ? standing.index : index)
            } else {
                ceiling = (allowed, index)
            }
        }
        trace.append(Step(layer: layered.layer, finding: .init(layered.entry), verdict: verdict))
    }

    if let refusal {
        return Resolution(outcome: refusal.outcome, trace: trace)
    }
    guard let ceiling else {
        return Resolution(outcome: .absent, trace: trace)
    }
    trace[ceiling.index].verdict = .tightest
    return Resolution(outcome: .found(ceiling.value, at: layers[ceiling.index].layer), trace: trace)
}
