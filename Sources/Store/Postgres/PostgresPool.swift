/// A pool of lanes for transactions, first come, first served.
actor PostgresPool {
    private var free: [PostgresLane]
    private let all: [PostgresLane]
    private var waiting: [(number: Int, continuation: CheckedContinuation<PostgresLane, any Error>)] = []
    private var counter = 0
    private var isClosed = false

    /// How long a transaction waits for a free lane.
    private let queueing: Duration

    init(_ url: String, lanes: Int, connectTimeout: Duration, queueing: Duration) {
        self.queueing = queueing
        all = (0..<lanes).map { _ in PostgresLane(url, connectTimeout: connectTimeout) }
        free = all
    }

    /// Runs a closure with a free lane.
    ///
    /// - Throws: ``StoreError`` with code ``StoreError/Code/busy`` if no lane is free in time; what the closure throws.
    func lend<Result: Sendable>(_ body: @Sendable (PostgresLane) async throws -> Result) async throws -> Result {
        let lane = try await take()
        do {
            let result = try await body(lane)
            give(lane)
            return result
        } catch {
            give(lane)
            throw error
        }
    }

    private func take() async throws -> PostgresLane {
        guard !isClosed else { throw StoreError(.other, "The database was closed.") }
        // The lane used last has the warmest plans and server caches.
        if let lane = free.popLast() { return lane }
        counter += 1
        let number = counter
        let limit = Task { [queueing] in
            try await Task.sleep(for: queueing)
            giveUp(number)
        }
        defer { limit.cancel() }
        return try await withCheckedThrowingContinuation { waiting.append((number, $0)) }
    }

    private func give(_ lane: PostgresLane) {
        if waiting.isEmpty { free.append(lane) } else { waiting.removeFirst().continuation.resume(returning: lane) }
    }

    private func giveUp(_ number: Int) {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting.remove(at: index).continuation.resume(
            throwing: StoreError(.busy, "All connections to the database were in use for \(queueing)."))
    }

    /// Fails all waiters, and closes each connection after its running transaction.
    func close() async {
        isClosed = true
        for waiter in waiting { waiter.continuation.resume(throwing: StoreError(.other, "The database was closed.")) }
        waiting = []
        for lane in all { await lane.close() }
    }
}
