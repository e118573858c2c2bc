/// How often values fell below each of a few bounds.
struct Histogram: Equatable, Sendable {
    /// In seconds, from a fast read to a slow request; longer values count only in the last bucket, which has no bound.
    static let seconds = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30]

    let bounds: [Double]
    /// One count a bound, and one for what lies above all of them.
    private var counts: [Int]
    private var sum = 0.0

    init(bounds: [Double] = Self.seconds) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// The cumulative buckets, the sum and the count, as Prometheus wants them.
    func samples(_ labels: [MetricFamily.Label]) -> [MetricFamily.Sample] {
        var total = 0
        let buckets = zip(bounds.map { "\($0)" } + ["+Inf"], counts).map { bound, count in
            total += count
            return MetricFamily.Sample(suffix: "_bucket", labels: labels + [.init("le", bound)], value: Double(total))
        }
        return buckets + [.init(suffix: "_sum", labels: labels, value: sum), .init(suffix: "_count", labels: labels, value: Double(total))]
    }
}
