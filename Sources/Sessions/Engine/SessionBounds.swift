import Accounts
import AgentProtocol
import Settings
import Store

/// What stands around a session's agent, judged in the transaction in which it begins: since the session was created a second user may
/// have come, and its project may have become stricter.
struct SessionBounds: Sendable, Hashable {
    var sandbox: Project.Sandbox
    var permissions: PermissionMode
    /// What has become stricter than it was recorded, a sentence each.
    var notes: [String] = []

    /// Judges a session, and records what is stricter by now.
    ///
    /// - Throws: `AccountsError` when its agent may not begin without a sandbox; `SettingsError`; `StoreError`.
    static func judge(
        _ session: SessionID, _ accounts: Accounts, _ settings: Settings, _ transaction: any Transaction
    ) throws -> SessionBounds {
        let row = try SessionStore.row(session, transaction)
        var bounds = SessionBounds(sandbox: try row.parsed("sandbox"), permissions: try row.parsed("permissions"))
        let project = try accounts.project(try row.parsed("project_id"), in: transaction)
        if bounds.sandbox == .none, project.sandbox != .none {
            bounds.sandbox = project.sandbox
            bounds.notes.append("The project has a sandbox by now, so this session's agent runs in one, too.")
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

    /// The same of what an agent that is at work may do without asking. Its sandbox stays as it is.
    ///
    /// - Returns: nothing when that is no more than its layers allow.
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
    /// What bounds an agent, and what is usual.
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
    /// Checks that no agent without a sandbox is at work or waits to be: with a second user it could read that one's keys.
    ///
    /// - Throws: ``SessionsError/Code/wrongState`` that names the sessions; `StoreError`.
    @Sendable public static func checkNothingRunsBare(in transaction: any Transaction) throws {
        // By what is stored: an agent whose session can't be read may be at work all the same.
        let bare = try transaction.query("SELECT id FROM sessions WHERE settled = 0 AND sandbox <> 'bubblewrap' ORDER BY created_at, id")
        guard !bare.isEmpty else { return }
        let names = try bare.map { try $0.text("id") }.joined(separator: ", ")
        throw SessionsError(
            .wrongState, "Agents without a sandbox could read another user's keys. First end these sessions: \(names).")
    }
}
