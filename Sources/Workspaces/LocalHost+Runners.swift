import AgentProtocol
import Foundation
import Processes

// Runners that were started: liveness, their end, and their spools. The evidence is the lock in the attempt's folder: the process id in the
// handle may have been reused.
extension LocalHost {
    /// Checks the runner's lock.
    public func liveness(of runner: RunnerReference) async -> RunnerLiveness {
        // What another kind of host started can't be judged from here.
        guard runner.handle.map({ $0.host == Self.kind }) ?? true else { return .unknown }
        let lock = lock(runner)
        switch await Blocking.run({ FileLock.standing(path: lock) }) {
        case .held: return .alive
        case .free: return .dead
        case .unknown: return .unknown
        }
    }

    /// Waits for the end of the process that holds the runner's lock.
    public func waitForEnd(of runner: RunnerReference) async -> Bool {
        let lock = lock(runner)
        guard let exit = await Blocking.run({ ProcessExit(ofHolder: lock) }) else { return false }
        await exit.wait()
        return true
    }

    /// How long ``kill(_:)`` waits for the lock to become free. A killed process is normally gone within milliseconds.
    static let killTimeout = Duration.seconds(10)

    /// Kills the process that holds the runner's lock until the lock is free, for ``killTimeout`` at most.
    public func kill(_ runner: RunnerReference) async throws {
        if let handle = runner.handle, handle.host != Self.kind {
            throw WorkspaceError(
                .runner,
                "The runner of attempt \(runner.attempt) was started by another host (\(handle.host)), and this one can't end it. End it there: \(handle.value)"
            )
        }
        let lock = lock(runner)
        let standing = try await clock.last(every: .milliseconds(20), for: Self.killTimeout, until: { $0 == .free }) {
            await Blocking.run { Self.kill(holderOf: lock) }
        }
        guard standing == .free else { throw unkilled(lock, standing) }
    }

    /// - Returns: the state of the lock before.
    private static func kill(holderOf lock: String) -> FileLock.Standing {
        let standing = FileLock.standing(path: lock)
        // While the lock is held, the process id in it is its holder's.
        if standing == .held, let pid = FileLock.holder(path: lock), pid > 1 { Foundation.kill(pid, SIGKILL) }
        return standing
    }

    private func unkilled(_ lock: String, _ standing: FileLock.Standing) -> WorkspaceError {
        let seconds = Self.killTimeout.components.seconds
        guard standing == .held else {
            return WorkspaceError(
                .runner,
                "Whether the runner still runs could not be found out for \(seconds) s: its lock \(lock) can't be opened. Make it readable for the user who runs SAM, or remove it if no sam-runner of this session runs."
            )
        }
        let process = FileLock.holder(path: lock).map { "process \($0)" } ?? "its process"
        return WorkspaceError(
            .runner,
            "The runner did not end within \(seconds) s of being killed: \(process) holds \(lock). It may be waiting for a disk or a network file system. When it is gone, try again."
        )
    }

    /// Reads the attempt's spool file; empty when there is none.
    public func spooledEvents(of runner: RunnerReference, after last: Int) async -> [NumberedEvent] {
        let path = RunnerPlace.spoolPath(in: home.attempt(runner.session, runner.attempt))
        return await Blocking.run(for: .long) {
            let spool = FileManager.default.contents(atPath: path) ?? Data()
            return SpoolReader.events(in: spool, after: last, now: Int64(Date().timeIntervalSince1970 * 1_000))
        }
    }

    private func lock(_ runner: RunnerReference) -> String {
        RunnerPlace.lockPath(in: home.attempt(runner.session, runner.attempt))
    }
}

extension Clock where Duration == Swift.Duration {
    /// Repeats something until a result is accepted or the time limit has passed.
    ///
    /// - Returns: the last result.
    /// - Throws: `CancellationError`.
    fileprivate func last<Value>(
        every pause: Duration, for limit: Duration, until isAccepted: (Value) -> Bool, _ body: () async -> Value
    ) async throws -> Value {
        let deadline = now.advanced(by: limit)
        while true {
            let value = await body()
            if isAccepted(value) || now >= deadline { return value }
            try await sleep(until: min(now.advanced(by: pause), deadline), tolerance: nil)
        }
    }
}
