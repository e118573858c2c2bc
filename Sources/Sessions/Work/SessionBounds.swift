import Accounts
import AgentProtocol
import Settings
import Store

/// The sandbox and permissions of a session's agent, judged in the transaction that starts it: since the session was created, a second user
/// may have been added, or its project may have become stricter.
struct SessionBounds: Sendable, Hashable {
    var sandbox: Project.Sandbox
    var permissions: PermissionMode
    /// What has become stricter since it was recorded, one sentence each.
    var notes: [String] = []

    /// Judges a session, and records what has become stricter.
    ///
    /// - Throws: `AccountsError` when its agent may not start without a sandbox; `SettingsError`; `StoreError`.
    static func judge(
        _ session: SessionID, _ accounts: Accounts, _ settings: Settings, _ transaction: any Transaction
    ) throws -> SessionBounds {
        let row = try SessionStore.row(session, transaction)
        var bounds = SessionBounds(sandbox: try row.parsed("sandbox"), permissions: try row.parsed("permissions"))
        let project = try accounts.project(try row.parsed("project_id"), in: transaction)
        if bounds.sandbox == .none, project.sandbox != .none {
            bounds.sandbox = project.sandbox
            bounds.notes.append("The project now has a sandbox, so this session's agent runs in one, too.")
        }
        try accounts.checkSandbox(bounds.sandbox, transaction)
        let bound = try bound(of: row, settings, transaction)
        if let note = bound.note(on: bounds.permissions) {
            bounds.permissions = bound.bounded(bounds.permissions)
            bounds.notes.append(note)
        }
        if !bounds.notes.isEmpty {
            try transaction.execute(
                "UPDATE sessions SET sandbox = $1, permissions = $2 WHERE id = $3", bounds.sandbox, bounds.permissions, session)
        }
        return bounds
    }

    /// Tightens what a running agent may do without asking. Its sandbox stays as it is.
    ///
    /// - Returns: nothing when the recorded mode is within what its layers allow.
    static func tighten(_ session: SessionID, _ settings: Settings, _ transaction: any Transaction) throws -> [SessionInput] {
        let row = try SessionStore.row(session, transaction)
        let recorded: PermissionMode = try row.parsed("permissions")
        let bound = try bound(of: row, settings, transaction)
        guard let note = bound.note(on: recorded) else { return [] }
        let mode = bound.bounded(recorded)
        try transaction.execute("UPDATE sessions SET permissions = $1 WHERE id = $2", mode, session)
        return [.tightened(mode, note: note)]
    }

    private static func bound(of row: Row, _ settings: Settings, _ transaction: any Transaction) throws -> PermissionBound {
        try settings.permissionBound(
            of: try row.text("agent"), project: try row.parsed("project_id"), user: try row.parsed("user_id"), in: transaction)
    }
}

extension Settings {
    /// The ceiling and the default of an agent's permission mode.
    func permissionBound(
        of agent: String, project: ProjectID, user: UserID, in transaction: any Transaction
    ) throws -> PermissionBound {
        PermissionBound(
            ceiling: try permissionCeiling(of: agent, project: project, user: user, in: transaction),
            broad: try permissionCeiling(of: agent, project: nil, user: user, in: transaction),
            standard: PermissionMode(rawValue: Setting.permissions.standard.text) ?? .ask)
    }
}

extension SessionQueries {
    /// Checks that no agent without a sandbox runs or waits to run: it could read a second user's keys.
    ///
    /// - Throws: ``SessionsError/Code/wrongState`` that names the sessions; `StoreError`.
    @Sendable public static func checkNothingRunsBare(in transaction: any Transaction) throws {
        // Reads the columns alone, because the agent of a session that can't be parsed may still be running.
        let bare = try transaction.query("SELECT id FROM sessions WHERE settled = 0 AND sandbox <> 'bubblewrap' ORDER BY created_at, id")
        guard !bare.isEmpty else { return }
        let names = try bare.map { try $0.text("id") }.joined(separator: ", ")
        throw SessionsError(
            .wrongState, "Agents without a sandbox could read another user's keys. First end these sessions: \(names).")
    }
}
