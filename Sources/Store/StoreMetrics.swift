import Metrics

/// How long transactions take, waiting for their turn included, and how many fail. Recorded with swift-metrics, which keeps nothing
/// unless the program sets a backend.
enum StoreMetrics {
    static let reads = Timer(label: "sam.store.transaction.duration", dimensions: [("kind", "read")])
    static let writes = Timer(label: "sam.store.transaction.duration", dimensions: [("kind", "write")])
    private static let failures = Counter(label: "sam.store.failures")

    /// Runs a transaction and records its duration. An error of the closure itself is no failure of the store.
    static func measure<Result: Sendable>(_ timer: Timer, _ transaction: () async throws -> Result) async throws -> Result {
        let start = ContinuousClock.now
        defer { timer.record(duration: ContinuousClock.now - start) }
        do {
            return try await transaction()
        } catch {
            if error is StoreError { failures.increment() }
            throw error
        }
    }
}
