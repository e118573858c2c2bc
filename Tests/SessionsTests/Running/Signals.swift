/// Things that happen once, by name, and those who wait for them.
actor Signals {
    private var happened: Set<String> = []
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    /// Something happened; who waits for it goes on.
    func send(_ name: String) {
        happened.insert(name)
        for continuation in waiting.removeValue(forKey: name) ?? [] { continuation.resume() }
    }

    /// Waits until something has happened.
    func wait(for name: String) async {
        guard !happened.contains(name) else { return }
        await withCheckedContinuation { waiting[name, default: []].append($0) }
    }

    /// The same, and gives up when the task is cancelled.
    nonisolated func waitUnlessCancelled(for name: String) async throws {
        await withTaskCancellationHandler {
            await wait(for: name)
        } onCancel: {
            Task { await send(name) }
        }
        try Task.checkCancellation()
    }
}
