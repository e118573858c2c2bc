import Metrics
import Synchronization

/// The value of one metric with one set of labels. Thread-safe.
final class MetricSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private enum Value {
        case number(Double)
        case histogram(Histogram)
    }

    let kind: MetricFamily.Kind
    private let value: Mutex<Value>

    init(_ kind: MetricFamily.Kind) {
        self.kind = kind
        value = Mutex(kind == .histogram ? .histogram(Histogram()) : .number(0))
    }

    func samples(_ labels: [MetricFamily.Label]) -> [MetricFamily.Sample] {
        switch value.withLock({ $0 }) {
        case .number(let number): [.init(labels: labels, value: number)]
        case .histogram(let histogram): histogram.samples(labels)
        }
    }

    private func add(_ amount: Double) {
        value.withLock { value in
            if case .number(let number) = value { value = .number(number + amount) }
        }
    }

    private func take(_ newest: Double) {
        value.withLock { value in
            switch value {
            case .number: value = .number(newest)
            case .histogram(var histogram):
                histogram.observe(newest)
                value = .histogram(histogram)
            }
        }
    }

    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func set(_ value: Int64) { take(Double(value)) }
    func set(_ value: Double) { take(value) }
    func record(_ value: Int64) { take(Double(value)) }
    func record(_ value: Double) { take(value) }
    func recordNanoseconds(_ duration: Int64) { take(Double(duration) / 1e9) }
    func reset() { value.withLock { $0 = kind == .histogram ? .histogram(Histogram()) : .number(0) } }
}
