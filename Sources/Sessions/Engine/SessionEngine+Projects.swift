import Accounts
import AgentProtocol
import Credentials
import Gateway
import Settings
import Store
import Workspaces

/// What goes with a project when it is removed.
public struct ProjectRemoval: Sendable, Hashable, Codable {
    /// The project's name.
    public var project: String
    /// How many sessions, with their logs.
    public var sessions: Int
    /// Those to which something may still happen. While there are any, the project stays.
    public var live: [SessionID]
    /// Those whose work was not pushed to the repository, or stands in a workspace alone. It would be lost.
    public var unlanded: [SessionID]
    public var credentials: Int
    public var settings: Int
    public var budgets: Int
    /// Gateway keys that stand under the project's layers.
    public var keys: Int
    public var members: Int
}

extension SessionEngine {
    /// What would go with a project.
    ///
    /// - Throws: `StoreError`.
    public func removal(of project: Project) async throws -> ProjectRemoval {
        try await sessions.store.read { [self] transaction in try outlook(project, transaction).removal }
    }

    /// Removes a project with its sessions, their work in the mirror, and everything that stands at its layer. What it used and what was
    /// done in it stay written down.
    ///
    /// - Parameter evenUnlanded: also when work would be lost.
    /// - Throws: ``SessionsError`` while sessions are not over, or work would be lost and `evenUnlanded` is false; `StoreError`.
    public func remove(_ project: Project, evenUnlanded: Bool, by user: UserID) async throws -> ProjectRemoval {
        guard leavingProjects.insert(project.id).inserted else {
            throw SessionsError(.wrongState, "Project \(project.name) is being removed already.")
        }
        defer { leavingProjects.remove(project.id) }
        let (removal, all) = try await sessions.store.read { [self] transaction in try outlook(project, transaction) }
        if !removal.live.isEmpty {
            throw SessionsError(
                .wrongState,
                "Project \(project.name) has sessions that are not over: \(Self.named(removal.live)). First cancel them: sam sessions cancel \(removal.live[0].rawValue)"
            )
        }
        if !removal.unlanded.isEmpty, !evenUnlanded {
            throw SessionsError(
                .wrongState,
                "Work of these sessions was not landed and would be lost: \(Self.named(removal.unlanded)). Land it (sam sessions land \(removal.unlanded[0].rawValue)), or remove the project all the same with --force."
            )
        }
        for session in all { try await remove(session, evenUnlanded: true, by: user) }
        try await sessions.store.write { [accounts, credentials, settings, gateway] transaction in
            guard try transaction.first("SELECT id FROM sessions WHERE project_id = $1 LIMIT 1", project.id) == nil else {
                throw SessionsError(.wrongState, "A session was started in project \(project.name) meanwhile. Try again when it is over.")
            }
            try credentials.forget(.project(project.id), in: transaction)
            try settings.forget(.project(project.id), in: transaction)
            try gateway.forget(project.id, in: transaction)
            try accounts.remove(project, by: user, in: transaction)
        }
        gateway.forget()
        await host.forget(project.id)
        return removal
    }

    private nonisolated func outlook(
        _ project: Project, _ transaction: any Transaction
    ) throws -> (removal: ProjectRemoval, all: [SessionID]) {
        let rows = try transaction.query(
            "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.project_id = $1 ORDER BY s.created_at, s.id",
            project.id)
        let stored = try StoredSessions(rows, transaction)
        let unsettled = Set(
            try transaction.query("SELECT id FROM sessions WHERE project_id = $1 AND settled = 0", project.id).map { try $0.text("id") })
        let all = stored.sessions.map(\.id) + stored.unreadable.map(\.id)
        let unlanded = try stored.sessions.filter { session in
            let result = session.state.result
            let hasWork = result?.branch != nil || result?.others.isEmpty == false
            guard hasWork, !session.state.keepsWorkspace else { return session.state.keepsWorkspace }
            return try transaction.first(
                "SELECT 1 AS one FROM audit WHERE subject = $1 AND action = 'session.landed' LIMIT 1", session.id) == nil
        }
        let (keys, budgets) = try gateway.counts(of: project.id, in: transaction)
        let removal = ProjectRemoval(
            project: project.name, sessions: all.count, live: all.filter { unsettled.contains($0.rawValue) },
            // What one that can't be read has left is not known.
            unlanded: unlanded.map(\.id) + stored.unreadable.map(\.id),
            credentials: try credentials.count(at: .project(project.id), in: transaction),
            settings: try settings.count(at: .project(project.id), in: transaction), budgets: budgets, keys: keys,
            members: try accounts.countMembers(of: project.id, in: transaction))
        return (removal, all)
    }

    private static func named(_ sessions: [SessionID]) -> String {
        sessions.prefix(5).map(\.rawValue).joined(separator: ", ") + (sessions.count > 5 ? " and \(sessions.count - 5) more" : "")
    }
}
