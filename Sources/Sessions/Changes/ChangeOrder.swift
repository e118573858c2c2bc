import AgentProtocol
import Synchronization

/// Lets callers at a session one after another, in the order in which they came. Callers of different sessions do not wait for each other.
final class ChangeOrder: Sendable {
    /// The callers that wait for a session that another caller has.
    private let waiting = Mutex<[SessionID: [CheckedContinuation<Void, Never>]]>([:])

    /// Runs a body while no other caller has the session.
    func run<Result>(
        at session: SessionID, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        await enter(session)
        defer { leave(session) }
        return try await body()
    }

    private func enter(_ session: SessionID) async {
        await withCheckedContinuation { caller in
            let isFree = waiting.withLock { waiting in
                guard waiting[session] != nil else {
                    waiting[session] = []
                    return true
                }
                waiting[session]?.append(caller)
                return false
            }
            if isFree { caller.resume() }
        }
    }

    private func leave(_ session: SessionID) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard waiting[session]?.isEmpty == false else {
                waiting[session] = nil
                return nil
            }
            return waiting[session]?.removeFirst()
        }
        next?.resume()
    }
}
