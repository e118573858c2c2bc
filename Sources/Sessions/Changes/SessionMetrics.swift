import Metrics

/// Counts what is committed for sessions, with swift-metrics, which keeps nothing unless the program sets a backend.
struct SessionMetrics: Sendable {
    private let events: Counter
    private let ends: [Phase: Counter]

    /// - Parameter factory: where the counts go; by default to the program's backend.
    init(factory: any MetricsFactory = MetricsSystem.factory) {
        events = Counter(label: "sam.session.events", factory: factory)
        ends = Dictionary(
            uniqueKeysWithValues: Phase.allCases.filter(\.isEnd).map { phase in
                (phase, Counter(label: "sam.session.ends", dimensions: [("phase", phase.rawValue)], factory: factory))
            })
    }

    /// Counts a committed change, and the runner's events that were stored with it.
    func committed(_ change: SessionStore.Change, events count: Int = 0) {
        if count > 0 { events.increment(by: count) }
        if change.settles { ends[change.state.phase]?.increment() }
    }
}
