import Accounts
import AgentProtocol
import Credentials
import Gateway
import Logging
import Sandbox
import Settings
import Store
import Workspaces

/// The steps of sessions' background work. Each can be repeated, as happens after a crash, and checks the record before it acts.
///
/// A value around the modules that it calls; safe to share between tasks.
struct WorkSteps: Sendable {
    let changes: SessionChanges
    let accounts: Accounts
    let settings: Settings
    let pins: Pins
    let sync: RotationSync
    let agents: AgentPrograms
    let launches: RunnerLaunches
    let host: any WorkspaceHost
    let endpoints: any SessionEndpoints
    let board: StepBoard
    let logger: Logger

    var queries: SessionQueries { changes.queries }
    var signals: SessionSignals { changes.signals }
    var store: Store { changes.sessions.store }

    /// The session's project, with the sandbox that the session was created with.
    func project(of session: Session) async throws -> Project {
        var project = try await accounts.project(session.project.rawValue)
        project.sandbox = session.sandbox
        return project
    }

    func limits(of session: Session) async throws -> SandboxLimits { try await launches.limits(of: session) }

    /// Ends the runners of earlier attempts.
    ///
    /// - Throws: `WorkspaceError` when one can't be killed; the others are killed all the same.
    func killRunners(_ id: SessionID, before attempt: Int) async throws {
        guard attempt > 1 else { return }
        try await host.kill(try await changes.sessions.runners(id, attempts: 1...(attempt - 1)))
    }

    /// Ends all runners of a session.
    ///
    /// - Returns: why one can't be killed. It may still write to the workspace.
    func killAllRunners(of session: Session) async throws -> WorkspaceError? {
        do {
            try await killRunners(session.id, before: session.state.attempt + 1)
            return nil
        } catch let error as WorkspaceError {
            return error
        }
    }
}
