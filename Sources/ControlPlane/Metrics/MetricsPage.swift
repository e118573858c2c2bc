import Hummingbird
import Limits
import Metering
import Sessions
import Store

/// `/metrics`: totals since the server's start and the sessions at this moment, without names of people.
struct MetricsPage {
    let registry: MetricsRegistry
    let counters: UsageCounters
    let admission: Admission
    let store: Store

    /// Reads everything.
    ///
    /// - Throws: `StoreError`.
    func families() async throws -> [MetricFamily] {
        registry.families + Self.gateway(counters.current) + [Self.refused(admission.refusals)]
            + Self.sessions(try await SessionCounts.current(in: store))
    }

    func response() async throws -> Response {
        let text = try await families().map(\.text).joined()
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func gateway(_ totals: [UsageCounters.Key: UsageCounters.Total]) -> [MetricFamily] {
        let totals = totals.sorted { ($0.key.provider, $0.key.statusClass) < ($1.key.provider, $1.key.statusClass) }
        func labels(_ key: UsageCounters.Key) -> [MetricFamily.Label] {
            [.init("provider", key.provider), .init("status", key.statusClass == 0 ? "none" : "\(key.statusClass)xx")]
        }
        func family(_ name: String, _ help: String, _ value: (UsageCounters.Total) -> Double) -> MetricFamily {
            MetricFamily(
                name: name, help: help, kind: .counter, samples: totals.map { .init(labels: labels($0.key), value: value($0.value)) })
        }
        let kinds: [(String, (TokenUsage) -> Int)] = [
            ("input", { $0.input }), ("cache_read", { $0.cacheRead }), ("cache_write", { $0.cacheWrite }),
            ("cache_write_long", { $0.cacheWriteLong }), ("output", { $0.output }),
        ]
        return [
            family("sam_gateway_requests_total", "Requests through the gateway that have ended.") { Double($0.requests) },
            family("sam_gateway_request_seconds_total", "The sum of their durations.") { Double($0.milliseconds) / 1_000 },
            MetricFamily(
                name: "sam_gateway_tokens_total", help: "The tokens they used.", kind: .counter,
                samples: totals.flatMap { total in
                    kinds.map { .init(labels: labels(total.key) + [.init("kind", $0.0)], value: Double($0.1(total.value.usage))) }
                }),
            family("sam_gateway_cost_dollars_total", "Their cost in US dollars.") { Double($0.cost.rawValue) / 1e9 },
        ]
    }

    static func refused(_ refusals: Refusals) -> MetricFamily {
        let counts = refusals.counts.sorted { ($0.key.listener, $0.key.reason.rawValue) < ($1.key.listener, $1.key.reason.rawValue) }
        return MetricFamily(
            name: "sam_refused_total", help: "Connections and requests that exceeded a limit.", kind: .counter,
            samples: counts.map {
                .init(labels: [.init("listener", $0.key.listener), .init("reason", $0.key.reason.rawValue)], value: Double($0.value))
            })
    }

    static func sessions(_ counts: SessionCounts) -> [MetricFamily] {
        [
            MetricFamily(
                name: "sam_sessions", help: "Sessions that have not ended, by phase.", kind: .gauge,
                samples: Phase.allCases.filter { counts.byPhase[$0] != nil || !$0.isEnd }.map {
                    .init(labels: [.init("phase", $0.rawValue)], value: Double(counts.byPhase[$0] ?? 0))
                }),
            MetricFamily(
                name: "sam_queue_oldest_created_timestamp_seconds",
                help: "When the oldest queued session was created, in Unix time; 0 while none is queued.", kind: .gauge,
                samples: [.init(labels: [], value: Double(counts.oldestQueuedAt ?? 0) / 1_000)]),
        ]
    }
}
