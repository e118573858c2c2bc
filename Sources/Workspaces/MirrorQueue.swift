import Accounts

/// One piece of work at a time on each project's mirror.
///
/// An actor alone would not do: it lets others in at every `await`, and two fetches in one repository fail
/// on each other's locks.
actor MirrorQueue {
    private var last: [ProjectID: Task<Void, Never>] = [:]

    func exclusively<Result: Sendable>(
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
