import Hummingbird
import Limits
import Metering

/// `/metrics`, in the text format of Prometheus
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). Totals since the server started; no names of people.
struct Metrics {
    let counters: UsageCounters
    let admission: Admission

    /// One family of numbers.
    private struct Family {
        var name: String
        var help: String
        var samples: [(labels: String, value: String)]

        var text: String {
            "# HELP \(name) \(help)\n# TYPE \(name) counter\n" + samples.map { "\(name){\($0.labels)} \($0.value)\n" }.joined()
        }
    }

    var text: String {
        let totals = counters.current.sorted { ($0.key.provider, $0.key.statusClass) < ($1.key.provider, $1.key.statusClass) }
        func labels(_ key: UsageCounters.Key) -> String {
            "provider=\"\(key.provider)\",status=\"\(key.statusClass == 0 ? "none" : "\(key.statusClass)xx")\""
        }
        let kinds: [(String, (TokenUsage) -> Int)] = [
            ("input", { $0.input }), ("cache_read", { $0.cacheRead }), ("cache_write", { $0.cacheWrite }),
            ("cache_write_long", { $0.cacheWriteLong }), ("output", { $0.output }),
        ]
        let families = [
            Family(
                name: "sam_gateway_requests_total", help: "Requests through the gateway that are over.",
                samples: totals.map { (labels($0.key), String($0.value.requests)) }),
            Family(
                name: "sam_gateway_request_seconds_total", help: "How long they took together.",
                samples: totals.map { (labels($0.key), String(Double($0.value.milliseconds) / 1_000)) }),
            Family(
                name: "sam_gateway_tokens_total", help: "Tokens that they used.",
                samples: totals.flatMap { total in
                    kinds.map { ("\(labels(total.key)),kind=\"\($0.0)\"", String($0.1(total.value.usage))) }
                }),
            Family(
                name: "sam_gateway_cost_dollars_total", help: "What they cost, in US dollars.",
                samples: totals.map { (labels($0.key), String(Double($0.value.cost.rawValue) / 1e9)) }),
        ]
        let refused = admission.refusals.counts.sorted {
            ($0.key.listener, $0.key.reason.rawValue) < ($1.key.listener, $1.key.reason.rawValue)
        }
        let limits = Family(
            name: "sam_refused_total", help: "Connections and requests that ran into a limit.",
            samples: refused.map { ("listener=\"\($0.key.listener)\",reason=\"\($0.key.reason.rawValue)\"", String($0.value)) })
        return (families + [limits]).map(\.text).joined()
    }

    var response: Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
