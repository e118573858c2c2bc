import Accounts
import Cascade
import Credentials
import Foundation
import Store
import Vault

/// Credentials on a real database, with a vault, an administrator, a member, and a project that both own.
struct CredentialsFixture: Sendable {
    let store: Store
    let accounts: Accounts
    let credentials: CredentialServices
    let vault: Vault
    let folder: String
    /// An administrator.
    let owner: User
    /// Another owner of the project, and no administrator.
    let member: User
    /// A user who is no member of the project.
    let stranger: User
    let project: ProjectID

    static func with<Result>(_ body: (CredentialsFixture) async throws -> Result) async throws -> Result {
        let folder = NSTemporaryDirectory() + "credentials-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try Store.sqlite(at: folder + "/sam.db")
        let now: @Sendable () -> Int64 = { 1_700_000_000_000 }
        try await store.migrate(Accounts.migrations + CredentialTables.migrations, now: now())
        let accounts = Accounts(store: store, now: now)
        let vault = try await VaultOpening.open(.file(path: folder + "/vault.keys"), store: store, now: now())
        let owner = try await accounts.owner()
        let member = try await accounts.addUser(named: "kim", role: .member, by: owner.id)
        let stranger = try await accounts.addUser(named: "robin", role: .member, by: owner.id)
        let project = try await accounts.addProject(named: "p", repository: "/r", sandbox: .bubblewrap, by: owner.id).id
        try await accounts.addMember("kim", as: .owner, to: project, by: owner.id)
        return try await body(
            CredentialsFixture(
                store: store, accounts: accounts, credentials: CredentialServices(store: store, accounts: accounts, vault: vault, now: now),
                vault: vault, folder: folder, owner: owner, member: member, stranger: stranger, project: project))
    }

    // MARK: - What people do

    @discardableResult
    func set(_ secret: String, for provider: Provider = .openai, at owner: ScopeOwner, by actor: User? = nil) async throws -> ChangeReport {
        try await act(.set(NewSecret(Secret(secret))), provider, at: owner, by: actor)
    }

    @discardableResult
    func act(
        _ act: CredentialAct, _ provider: Provider = .openai, at owner: ScopeOwner, by actor: User? = nil, reason: String? = nil
    ) async throws -> ChangeReport {
        try await credentials.layers.perform(act, CredentialChange(provider, at: owner, by: actor ?? self.owner, reason: reason))
    }

    /// What applies to a user in the project.
    func explain(_ provider: Provider = .openai, for user: User? = nil) async throws -> CredentialExplanation {
        try await credentials.resolver.explain([provider], project: project, user: (user ?? owner).id)[0]
    }

    /// What a session of this user's would be given as a file, or why not.
    func start(_ session: String, _ provider: Provider = .openaiChatGPT, as mode: InjectionMode = .materialised, by user: User? = nil)
        async throws -> PinOutcome
    {
        let request = PinRequest(
            session: SessionReference(rawValue: session), provider: provider, project: project, user: (user ?? owner).id, mode: mode)
        return try await store.write { try credentials.pins.pin(request, in: $0) }
    }

    func settle(_ session: String) async throws {
        try await store.write { try credentials.pins.settle(SessionReference(rawValue: session), in: $0) }
    }

    func sync(
        _ secret: String, from session: String, agent: String = "codex", sentAs agentType: String = "codex",
        kind: CredentialKind = .oauth, by user: User? = nil
    ) async throws -> SyncAnswer {
        try await credentials.sync.sync(
            SyncRequest(agentType: agentType, kind: kind, secret: Secret(secret)),
            from: SessionIdentity(session: SessionReference(rawValue: session), agent: agent, project: project, user: (user ?? owner).id))
    }

    /// The secret that a new session would get, by pinning one and giving it back.
    func stored(
        _ provider: Provider = .openaiChatGPT, as mode: InjectionMode = .materialised, for user: User? = nil
    ) async throws -> String? {
        let probe = "probe-\(UUID().uuidString)"
        guard case .pinned(let pin) = try await start(probe, provider, as: mode, by: user) else { return nil }
        let secret = try await store.read { try credentials.pins.currentSecret(of: pin, in: $0) }
        try await store.write { try credentials.pins.forget(SessionReference(rawValue: probe), in: $0) }
        return secret.reveal()
    }

    /// Every row of every table but these, as text.
    func rows(except: Set<String> = ["audit", "notifications", "held"]) async throws -> [String: [String]] {
        try await store.read { transaction in
            let tables = try transaction.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                .map { try $0.text("name") }
            return try Dictionary(
                uniqueKeysWithValues: tables.filter { !except.contains($0) }.map { table in
                    let columns = try transaction.query("SELECT name FROM pragma_table_info($1)", table).map { try $0.text("name") }
                    let rows = try transaction.query("SELECT * FROM \(table)").map { row in
                        try columns.map { "\($0)=\(try row.value($0))" }.joined(separator: " ")
                    }
                    return (table, rows.sorted())
                })
        }
    }

    func count(_ table: String) async throws -> Int {
        try await store.read { try $0.query("SELECT 1 AS one FROM \(table)").count }
    }
}

/// A sign-in file as Codex writes it.
func authFile(_ token: String, account: String = "acct_1") -> String {
    """
    {
      "auth_mode": "chatgpt", "OPENAI_API_KEY": null,
      "tokens": {"access_token": "\(token)", "refresh_token": "rt_\(token)", "account_id": "\(account)"},
      "last_refresh": "2026-01-01T00:00:00Z"
    }
    """
}
