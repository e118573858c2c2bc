import AgentProtocol
import Synchronization
import Workspaces

/// The progress of the background work of each session. It is not logged: after a restart the work starts again.
final class StepBoard: Sendable {
    private let steps = Mutex<[SessionID: WorkspaceProgress]>([:])

    subscript(session: SessionID) -> WorkspaceProgress? {
        get { steps.withLock { $0[session] } }
        set { steps.withLock { $0[session] = newValue } }
    }

    /// The closure that receives the progress of one piece of work.
    func report(for session: SessionID) -> WorkspaceProgress.Report {
        { [self] progress in steps.withLock { $0[session] = progress } }
    }
}
