import AgentProtocol
import Foundation
import Processes

// Runners that were started: whether they live, their end, and what they leave.
extension LocalHost {
    public func liveness(of session: SessionID, attempt: Int) async -> RunnerLiveness {
        let lock = lock(session, attempt)
        switch await Blocking.run({ FileLock.standing(path: lock) }) {
        case .held: return .alive
        case .free: return .dead
        case .unknown: return .unknown
        }
    }

    public func waitForRunnerEnd(_ session: SessionID, attempt: Int) async -> Bool {
        let lock = lock(session, attempt)
        guard let exit = await Blocking.run({ ProcessExit(ofHolder: lock) }) else { return false }
        await exit.wait()
        return true
    }

    public func killRunner(_ session: SessionID, attempt: Int) async {
        let lock = lock(session, attempt)
        while await Blocking.run({ Self.kill(holderOf: lock) }) {
            try? await Task.sleep(for: .milliseconds(20))
            if Task.isCancelled { return }
        }
    }

    /// - Returns: whether there was one to kill, or there may be.
    private static func kill(holderOf lock: String) -> Bool {
        guard FileLock.isHeld(path: lock) else { return false }
        // While the lock is held, the number in it is its holder's.
        if let pid = FileLock.holder(path: lock), pid > 1 { Foundation.kill(pid, SIGKILL) }
        return true
    }

    public func spooledEvents(_ session: SessionID, attempt: Int, after last: Int) async -> [NumberedEvent] {
        let path = RunnerConfiguration.spoolPath(in: home.attempt(session, attempt))
        return await Blocking.run(for: .long) {
            let spool = FileManager.default.contents(atPath: path) ?? Data()
            return SpoolReader.events(in: spool, after: last, now: Int64(Date().timeIntervalSince1970 * 1_000))
        }
    }

    private func lock(_ session: SessionID, _ attempt: Int) -> String {
        RunnerConfiguration.lockPath(in: home.attempt(session, attempt))
    }
}
