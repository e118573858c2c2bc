import Subprocess
import Synchronization
import SystemPackage

extension Command {
    /// Runs the program to its end, as ``run(input:limit:timeout:)`` does, and hands on what it writes to standard error as it comes.
    ///
    /// - Parameters:
    ///   - limit: the most it may write to standard output, in bytes.
    ///   - timeout: the most time it may take.
    ///   - patience: how long it and what it started may say nothing new and use next to no processor.
    ///   - hearing: takes what it writes to standard error, and tells whether that shows that something goes on.
    /// - Throws: ``ProcessError``, or `CancellationError`.
    public func follow(
        limit: Int = 64 << 20, timeout: Duration, patience: Duration, hearing: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws -> Output {
        let watch = StallWatch()
        return try await withThrowingTaskGroup(of: Output?.self) { group in
            group.addTask { try await listen(limit, watch, hearing) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            group.addTask {
                try await watch.waitForStall(patience)
                throw ProcessError(.stalled, "\(executable) got nowhere for \(patience.components.seconds) s and was stopped.")
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() ?? nil else {
                throw ProcessError(.timedOut, "\(executable) took longer than \(timeout.components.seconds) s and was stopped.")
            }
            return output
        }
    }

    private func listen(_ limit: Int, _ watch: StallWatch, _ hearing: @escaping @Sendable ([UInt8]) -> Bool) async throws -> Output {
        let standardInput = try Self.file(of: [])
        do {
            let result = try await Subprocess.run(
                .path(FilePath(executable)), arguments: Arguments(arguments), environment: subprocessEnvironment,
                workingDirectory: workingDirectory.map { FilePath($0) }, platformOptions: Self.ownSession,
                input: .fileDescriptor(standardInput, closeAfterSpawningProcess: true), output: .bytes(limit: limit), error: .sequence
            ) { execution in
                watch.began(execution.processIdentifier.value)
                var said: [UInt8] = []
                for try await buffer in execution.standardError {
                    let bytes = buffer.withUnsafeBytes { [UInt8]($0) }
                    if hearing(bytes) { watch.heard() }
                    said += bytes
                    // The end tells what went wrong.
                    if said.count > 1 << 20 { said.removeFirst(said.count - 1 << 19) }
                }
                return said
            }
            return Output(
                termination: Termination(result.terminationStatus), standardOutput: result.standardOutput,
                standardError: String(decoding: result.closureResult, as: UTF8.self))
        } catch let error as SubprocessError {
            throw error.named(executable, limit: limit)
        }
    }
}

/// Whether a program gets anywhere: it tells something, or it or what it started uses the processor.
private final class StallWatch: Sendable {
    private struct State {
        var process: pid_t?
        var lastNews = SuspendingClock.now
        var cpu: Int64 = 0
    }

    /// What waits and wakes now and then uses a little, too.
    private static let idlePercent: Int64 = 5
    private let state = Mutex(State())

    func began(_ process: pid_t) { state.withLock { $0.process = process } }

    func heard() { state.withLock { $0.lastNews = .now } }

    /// Returns when nothing went on for so long.
    func waitForStall(_ patience: Duration) async throws {
        let pause = min(.seconds(1), patience / 4)
        while true {
            try await Task.sleep(for: pause, clock: .suspending)
            if isStalled(patience, pause) { return }
        }
    }

    private func isStalled(_ patience: Duration, _ pause: Duration) -> Bool {
        let used = state.withLock { $0.process }.map { ProcessTree(of: $0).cpuMilliseconds } ?? 0
        let milliseconds = pause.components.seconds * 1_000 + pause.components.attoseconds / 1_000_000_000_000_000
        return state.withLock { state in
            // What has ended took its time along, so the sum can fall.
            if used < state.cpu || (used - state.cpu) * 100 > milliseconds * Self.idlePercent { state.lastNews = .now }
            state.cpu = used
            return SuspendingClock.now - state.lastNews >= patience
        }
    }
}
