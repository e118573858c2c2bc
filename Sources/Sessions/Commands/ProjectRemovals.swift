import Accounts
import AgentProtocol
import Credentials
import Gateway
import Settings
import Store
import Synchronization
import Wording
import Workspaces

/// What is removed together with a project.
public struct ProjectRemoval: Sendable, Hashable, Codable {
    /// The project's name.
    public var project: String
    /// The number of its sessions, which go with their logs.
    public var sessions: Int
    /// Sessions that are not settled. The project can't be removed while there are any.
    public var live: [SessionID]
    /// Sessions whose work was not pushed to the repository, or exists only in a workspace. It would be lost.
    public var unlanded: [SessionID]
    /// Branches in SAM's copy of the repository, and other refs of work, of sessions that were removed and never landed. They would be lost.
    public var leftBranches: [String]
    /// Why SAM's copy can't be looked at, where that is so: what would be lost with it is unknown then.
    public var copyFailure: String?
    /// The number of credentials at the project's layer.
    public var credentials: Int
    /// The number of settings at the project's layer.
    public var settings: Int
    /// The number of budgets of the project.
    public var budgets: Int
    /// The number of gateway keys under the project's layers.
    public var keys: Int
    /// The number of members.
    public var members: Int
}

/// Removes projects with all that belongs to them. Safe to share between tasks.
public struct ProjectRemovals: Sendable {
    let commands: SessionCommands
    let settings: Settings
    let leases: Leases
    let host: any WorkspaceHost
    private var accounts: Accounts { commands.accounts }
    private var credentials: CredentialServices { commands.credentials }
    private var store: Store { commands.store }

    /// What would be removed with a project.
    ///
    /// - Throws: `StoreError`.
    public func removal(of project: Project) async throws -> ProjectRemoval {
        try await outlook(project).removal
    }

    /// Removes a project with its sessions, their work in the mirror, and everything at its layer. Its usage and audit records stay.
    ///
    /// - Parameter evenUnlanded: remove it even when work would be lost.
    /// - Throws: ``SessionsError`` while sessions are not over, or work would be lost and `evenUnlanded` is false; `StoreError`.
    public func remove(_ project: Project, evenUnlanded: Bool, by user: UserID) async throws -> ProjectRemoval {
        guard commands.leaving.insert(project.id) else {
            throw SessionsError(.wrongState, "Project \(project.name) is being removed already.")
        }
        defer { commands.leaving.remove(project.id) }
        let outlook = try await outlook(project)
        let (removal, all) = (outlook.removal, outlook.sessions)
        if !removal.live.isEmpty {
            throw SessionsError(
                .wrongState,
                "Project \(project.name) has sessions that are not over: \(Self.named(removal.live)). Cancel them, or wait until those that were cancelled have ended: sam sessions cancel \(removal.live[0].rawValue)"
            )
        }
        if !removal.unlanded.isEmpty, !evenUnlanded {
            throw SessionsError(
                .wrongState,
                "Work of these sessions was not landed and would be lost: \(Self.named(removal.unlanded)). Land it (sam sessions land \(removal.unlanded[0].rawValue)), or remove the project all the same with --force."
            )
        }
        if let session = outlook.leftBy.first, !evenUnlanded {
            let mirror = host.places(of: session, in: project.id).mirror
            throw SessionsError(
                .wrongState,
                "Work of removed sessions was not landed and would be lost: \(Self.named(removal.leftBranches)). Fetch it (git fetch '\(mirror)' \(removal.leftBranches[0])), or remove the project all the same with --force."
            )
        }
        if let why = removal.copyFailure, !evenUnlanded {
            throw SessionsError(
                .wrongState,
                "Whether work of removed sessions would be lost can't be told, because SAM's copy of the repository can't be read: \(why) Remove the project all the same with --force."
            )
        }
        for session in all { try await commands.remove(session, evenUnlanded: true, by: user) }
        try await store.write { [accounts, credentials, settings, leases] transaction in
            guard try transaction.first("SELECT id FROM sessions WHERE project_id = $1 LIMIT 1", project.id) == nil else {
                throw SessionsError(.wrongState, "A session was started in project \(project.name) meanwhile. Try again when it is over.")
            }
            try credentials.layers.forget(.project(project.id), in: transaction)
            try settings.forget(.project(project.id), in: transaction)
            try leases.forget(project.id, in: transaction)
            try accounts.remove(project, by: user, in: transaction)
        }
        commands.changes.access.invalidateAll()
        await host.forget(project.id)
        return removal
    }

    /// What a removal finds.
    private struct Outlook: Sendable {
        var removal: ProjectRemoval
        /// The project's sessions.
        var sessions: [SessionID]
        /// The removed sessions that left ``ProjectRemoval/leftBranches``.
        var leftBy: [SessionID]
    }

    private func outlook(_ project: Project) async throws -> Outlook {
        // Read before the sessions: one that is removed between the two counts as gone.
        let kept: Result<[SessionID: [String]], any Error>
        do { kept = .success(try await host.work(in: project.id)) } catch { kept = .failure(error) }
        return try await store.read { transaction in try outlook(project, kept, transaction) }
    }

    private func outlook(
        _ project: Project, _ kept: Result<[SessionID: [String]], any Error>, _ transaction: any Transaction
    ) throws -> Outlook {
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
            return try SessionQueries.landing(of: session.id, transaction) == nil
        }
        let known = Set(all)
        var left: [SessionID: [String]] = [:]
        var copyFailure: String?
        switch kept {
        case .success(let work):
            left = try work.filter { session, _ in
                try !known.contains(session) && SessionQueries.landing(of: session, transaction) == nil
            }
        case .failure(let error): copyFailure = reason(of: error)
        }
        let (keys, budgets) = try leases.counts(of: project.id, in: transaction)
        let removal = ProjectRemoval(
            project: project.name, sessions: all.count, live: all.filter { unsettled.contains($0.rawValue) },
            // The work of sessions that can't be read is unknown, so it counts as not pushed.
            unlanded: unlanded.map(\.id) + stored.unreadable.map(\.id),
            leftBranches: left.values.flatMap(\.self).sorted(), copyFailure: copyFailure,
            credentials: try credentials.layers.count(at: .project(project.id), in: transaction),
            settings: try settings.count(at: .project(project.id), in: transaction), budgets: budgets, keys: keys,
            members: try accounts.countMembers(of: project.id, in: transaction))
        return Outlook(removal: removal, sessions: all, leftBy: left.keys.sorted { $0.rawValue < $1.rawValue })
    }

    private static func named(_ sessions: [SessionID]) -> String { named(sessions.map(\.rawValue)) }

    private static func named(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}

/// The projects that are being removed; no session can be created in them.
final class LeavingProjects: Sendable {
    private let projects = Mutex<Set<ProjectID>>([])

    func contains(_ project: ProjectID) -> Bool { projects.withLock { $0.contains(project) } }

    /// - Returns: `false` when it is being removed already.
    func insert(_ project: ProjectID) -> Bool { projects.withLock { $0.insert(project).inserted } }

    func remove(_ project: ProjectID) { projects.withLock { _ = $0.remove(project) } }
}
