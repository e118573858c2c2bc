import Metrics
import Testing

@testable import ControlPlane

@Suite("The registry of metrics")
struct MetricsRegistryTests {
    private let registry = MetricsRegistry()

    private func text(_ name: String) -> String? { registry.families.first { $0.name == name }?.text }

    @Test("A counter adds up, the same one wherever it is made, with its labels in order")
    func counter() {
        Counter(label: "http.requests", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        Counter(label: "http.requests", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment(by: 2)
        Counter(label: "http.requests", dimensions: [], factory: registry).increment()
        #expect(
            text("http_requests_total")
                == "# TYPE http_requests_total counter\nhttp_requests_total 1\nhttp_requests_total{a=\"1\",b=\"2\"} 3\n")
    }

    @Test("A gauge has the newest value and goes up and down")
    func gauge() {
        let meter = Meter(label: "active", factory: registry)
        meter.set(5)
        meter.increment(by: 2)
        meter.decrement(by: 0.5)
        #expect(text("active") == "# TYPE active gauge\nactive 6.5\n")
    }

    @Test("A timer is a histogram in seconds with cumulative buckets")
    func timer() throws {
        let timer = Timer(label: "duration", factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(700)
        timer.recordSeconds(100)
        let lines = try #require(text("duration_seconds")).split(separator: "\n").map(String.init)
        #expect(lines.first == "# TYPE duration_seconds histogram")
        #expect(lines.contains("duration_seconds_bucket{le=\"0.0005\"} 0"))
        #expect(lines.contains("duration_seconds_bucket{le=\"0.001\"} 1"))
        #expect(lines.contains("duration_seconds_bucket{le=\"1.0\"} 2"))
        #expect(lines.suffix(3) == ["duration_seconds_bucket{le=\"+Inf\"} 3", "duration_seconds_sum 100.701", "duration_seconds_count 3"])
    }

    @Test(
        "Values of labels are escaped, and names get legal signs",
        arguments: [("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"), ("ü", "ü")])
    func escaping(_ value: String, _ escaped: String) {
        Counter(label: "9 x-ü", dimensions: [("a.b", value)], factory: registry).increment()
        #expect(text("_9_x___total") == "# TYPE _9_x___total counter\n_9_x___total{a_b=\"\(escaped)\"} 1\n")
    }

    @Test("A name has one type, so a second type does not spoil the page")
    func types() {
        Meter(label: "x_total", factory: registry).set(1)
        Counter(label: "x", factory: registry).increment()
        #expect(registry.families.filter { $0.name == "x_total" }.count == 1)
    }

    @Test("Series beyond the limit are dropped and counted, and the others go on")
    func limit() {
        for number in 0..<(MetricsRegistry.limit + 10) {
            Counter(label: "many", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        Counter(label: "many", dimensions: [("n", "0")], factory: registry).increment()
        #expect(text("many_total")?.split(separator: "\n").count == MetricsRegistry.limit + 1)
        #expect(text("many_total")?.contains("many_total{n=\"0\"} 2\n") == true)
        #expect(text("sam_metrics_dropped_total")?.hasSuffix("sam_metrics_dropped_total 10\n") == true)
    }
}
