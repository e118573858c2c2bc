import Accounts

/// One piece of work at a time on each project's mirror.
///
/// An actor alone would not do: it lets others in at every `await`, and two fetches in one repository fail
/// on each other's locks.
actor MirrorQueue {
    private var last: [ProjectID: Task<Void, Never>] = [:]
    /// How many are at work or wait.
    private var busy: [ProjectID: Int] = [:]
    /// What ends the work of someone who gives way to everybody else.
    private var yielding: [ProjectID: @Sendable () -> Void] = [:]

    func exclusively<Result: Sendable>(
        _ project: ProjectID, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        busy[project, default: 0] += 1
        defer { leave(project) }
        yielding[project]?()
        return try await inTurn(project, work)
    }

    /// Does something that can wait, and that ends where somebody else comes.
    ///
    /// - Returns: `nil` when somebody is at work, or came.
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
            // A program that was stopped for it can also end as one that failed.
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
