import Metrics
import Synchronization

/// The backend of swift-metrics in the server: keeps the newest value of each metric in memory for `/metrics`. Thread-safe.
public final class MetricsRegistry: MetricsFactory {
    /// The most series that are kept, so that no label can fill the memory. Further ones are dropped and counted.
    static let limit = 5_000

    /// What identifies a series.
    private struct Key: Hashable {
        var name: String
        var labels: [MetricFamily.Label]
    }

    private struct State {
        var series: [Key: MetricSeries] = [:]
        var dropped = 0
    }

    private let state = Mutex(State())

    /// Creates an empty registry.
    public init() {}

    /// Creates the registry that all metrics of this process go to. Call it once, before the first metric is made.
    public static func bootstrap() -> MetricsRegistry {
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }

    /// The metrics in the order of their names, each with its samples in the order of their labels.
    var families: [MetricFamily] {
        let (series, dropped) = state.withLock { ($0.series, $0.dropped) }
        let byName = Dictionary(grouping: series, by: \.key.name).sorted { $0.key < $1.key }
        let families = byName.compactMap { name, series -> MetricFamily? in
            guard let kind = series.first?.value.kind else { return nil }
            // A name has one type; a series of another type would make the whole page unreadable.
            let samples = series.filter { $0.value.kind == kind }.sorted { $0.key.labels.lexicographicallyPrecedes($1.key.labels) }
                .flatMap { $0.value.samples($0.key.labels) }
            return MetricFamily(name: name, kind: kind, samples: samples)
        }
        return families + [
            MetricFamily(
                name: "sam_metrics_dropped_total", help: "Series beyond the limit of \(Self.limit), which are not kept.", kind: .counter,
                samples: [.init(labels: [], value: Double(dropped))])
        ]
    }

    private func series(_ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind, unit: String = "") -> MetricSeries {
        let legal = MetricFamily.legal(label)
        let suffix = kind == .counter ? "_total" : unit
        let key = Key(
            name: legal.hasSuffix(suffix) ? legal : legal + suffix, labels: dimensions.map { .init($0.0, $0.1) }.sorted())
        return state.withLock { state in
            if let known = state.series[key] { return known }
            let series = MetricSeries(kind)
            if state.series.count < Self.limit { state.series[key] = series } else { state.dropped += 1 }
            return series
        }
    }

    // MARK: - MetricsFactory

    /// Creates or finds a counter. Its name gets the suffix `_total`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }

    /// Creates or finds a counter of fractions. Its name gets the suffix `_total`.
    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter)
    }

    /// Creates or finds a gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }

    /// Creates or finds a histogram if values are to be summarised, else a gauge.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, aggregate ? .histogram : .gauge)
    }

    /// Creates or finds a histogram of seconds. Its name gets the suffix `_seconds`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram, unit: "_seconds")
    }

    // Series stay: Prometheus reads a total that disappears as a restart.

    /// Does nothing.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Does nothing.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing.
    public func destroyTimer(_ handler: any TimerHandler) {}
}
