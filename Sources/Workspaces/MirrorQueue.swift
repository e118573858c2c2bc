import Accounts

/// Runs one piece of work at a time on each project's mirror.
///
/// An actor alone is not enough: it is reentrant at every `await`, and two fetches in one repository fail on each other's locks.
actor MirrorQueue {
    private var last: [ProjectID: Task<Void, Never>] = [:]
    /// How many pieces of work run or wait.
    private var busy: [ProjectID: Int] = [:]
    /// Cancels the running work that gives way to all other.
    private var yielding: [ProjectID: @Sendable () -> Void] = [:]

    func exclusively<Result: Sendable>(
        _ project: ProjectID, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        busy[project, default: 0] += 1
        defer { leave(project) }
        yielding[project]?()
        return try await inTurn(project, work)
    }

    /// Runs work that can wait, and cancels it when other work comes.
    ///
    /// - Returns: `nil` when other work runs, or came.
    func whenIdle<Result: Sendable>(
        _ project: ProjectID, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result? {
        guard busy[project] == nil else { return nil }
        busy[project] = 1
        defer { leave(project) }
        let task = Task { try await work() }
        yielding[project] = { task.cancel() }
        defer { yielding[project] = nil }
        last[project] = Task { _ = await task.result }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch  where task.isCancelled && !Task.isCancelled {
            // A program that was stopped by the cancellation can also exit with a failure.
            return nil
        }
    }

    private func leave(_ project: ProjectID) {
        busy[project] = busy[project].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    private func inTurn<Result: Sendable>(
        _ project: ProjectID, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let previous = last[project]
        let task = Task {
            await previous?.value
            try Task.checkCancellation()
            return try await work()
        }
        last[project] = Task { _ = await task.result }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
