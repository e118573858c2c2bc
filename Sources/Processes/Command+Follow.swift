import Subprocess
import Synchronization
import SystemPackage

extension Command {
    /// Runs the program to its end like ``run(input:limit:timeout:)``, and passes on its standard error as it arrives.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of standard output.
    ///   - timeout: the time limit.
    ///   - stallTimeout: the time without progress (no news on standard error, next to no CPU) after which the program is stopped.
    ///   - hearing: receives standard error, and returns whether the bytes show progress.
    /// - Throws: ``ProcessError``, or `CancellationError`.
    public func follow(
        limit: Int = 64 << 20, timeout: Duration, stallTimeout: Duration, hearing: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws -> Output {
        let watch = StallWatch()
        return try await withThrowingTaskGroup(of: Output?.self) { group in
            group.addTask { try await listen(limit, watch, hearing) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            group.addTask {
                try await watch.waitForStall(stallTimeout)
                throw ProcessError(.stalled, "\(executable) made no progress for \(stallTimeout.components.seconds) s and was stopped.")
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
                    // The cause of a failure is at the end.
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

/// Detects a program without progress: no news on standard error, and next to no CPU use by its process tree.
private final class StallWatch: Sendable {
    private struct State {
        var process: pid_t?
        var lastNews = SuspendingClock.now
        var cpu: Int64 = 0
    }

    /// A program that waits and sometimes wakes up uses a little CPU too.
    private static let idlePercent: Int64 = 5
    private let state = Mutex(State())

    func began(_ process: pid_t) { state.withLock { $0.process = process } }

    func heard() { state.withLock { $0.lastNews = .now } }

    /// Returns when there was no progress for this long.
    func waitForStall(_ stallTimeout: Duration) async throws {
        let pause = min(.seconds(1), stallTimeout / 4)
        while true {
            try await Task.sleep(for: pause, clock: .suspending)
            if isStalled(stallTimeout, pause) { return }
        }
    }

    private func isStalled(_ stallTimeout: Duration, _ pause: Duration) -> Bool {
        let used = state.withLock { $0.process }.map { ProcessTree(of: $0).cpuMilliseconds } ?? 0
        let milliseconds = pause.components.seconds * 1_000 + pause.components.attoseconds / 1_000_000_000_000_000
        return state.withLock { state in
            // A process that ended takes its CPU time with it, so the sum can fall.
            if used < state.cpu || (used - state.cpu) * 100 > milliseconds * Self.idlePercent { state.lastNews = .now }
            state.cpu = used
            return SuspendingClock.now - state.lastNews >= stallTimeout
        }
    }
}
