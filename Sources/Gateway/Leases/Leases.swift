import Accounts
import Credentials
import Store

/// The leases of sessions and the keys of people: who may ask the gateway for something.
///
/// A value around the store; safe to share between tasks.
public struct Leases: Sendable {
    let store: Store
    let accounts: Accounts
    let now: @Sendable () -> Int64

    /// Opens the leases.
    public init(store: Store, accounts: Accounts, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.accounts = accounts
        self.now = now
    }

    // MARK: - Sessions

    /// Makes the lease of a session's attempt. One that an earlier attempt had ends with it.
    ///
    /// - Throws: `StoreError`.
    public func make(for caller: SyncCaller, in transaction: any Transaction) throws -> LeaseToken {
        try end(caller.session, in: transaction)
        let token = LeaseToken()
        try transaction.execute(
            """
            INSERT INTO leases (hash, session_id, key_id, name, user_id, project_id, provider, made_at)
            VALUES ($1, $2, NULL, $3, $4, $5, NULL, $6)
            """, token.hash, caller.session, caller.agent, caller.user, caller.project, now())
        return token
    }

    /// Ends a session's lease. From the next request on it opens nothing.
    ///
    /// - Throws: `StoreError`.
    public func end(_ session: SessionReference, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM leases WHERE session_id = $1", session)
    }

    // MARK: - Keys

    /// Makes a gateway key for a person's own tools.
    ///
    /// - Parameters:
    ///   - project: the project under whose layers it stands, in which the person may run sessions.
    ///   - provider: the one provider that it opens; `nil` for all.
    /// - Returns: the key and its token, which can't be shown again.
    /// - Throws: ``GatewayError/Code/invalid`` for a name that says nothing; `AccountsError`; `StoreError`.
    public func makeKey(
        named name: String, project: ProjectID?, provider: Provider?, for user: User
    ) async throws -> (key: GatewayKey, token: LeaseToken) {
        guard !name.allSatisfy(\.isWhitespace), name.count <= 80, !name.contains(where: \.isNewline) else {
            throw GatewayError(.invalid, "A key's name is a line of at most 80 characters that tells what it is for.")
        }
        let token = LeaseToken()
        let key = try await store.write { [self] transaction in
            if let project { try accounts.check(user.id, hasRole: .member, in: project, transaction) }
            guard let id = GatewayKeyID.random(prefix: "g") else { throw GatewayError(.invalid, "No id could be made.") }
            try transaction.execute(
                """
                INSERT INTO leases (hash, session_id, key_id, name, user_id, project_id, provider, made_at)
                VALUES ($1, NULL, $2, $3, $4, $5, $6, $7)
                """, token.hash, id, name, user.id, project, provider, now())
            try accounts.record(transaction, user.id, "key.made", id.rawValue, name)
            guard let row = try transaction.first("SELECT * FROM leases WHERE key_id = $1", id) else { throw Self.noKey(id.rawValue) }
            return try GatewayKey(row)
        }
        return (key, token)
    }

    /// A part of a user's keys, oldest first.
    ///
    /// - Throws: `StoreError`.
    public func keys(of user: UserID, _ page: PageRequest) async throws -> Page<GatewayKey> {
        let after = page.after ?? .first
        return try await store.read { transaction in
            let rows = try transaction.query(
                """
                SELECT * FROM leases WHERE key_id IS NOT NULL AND user_id = $1 AND (made_at, key_id) > ($2, $3)
                ORDER BY made_at, key_id LIMIT $4
                """, user, after.number, after.text, page.probe)
            return transaction.page(
                rows, page, of: "leases", id: { try $0.text("key_id") }, key: { try PageKey($0, "made_at", "key_id") }
            ) { try GatewayKey($0) }
        }
    }

    /// Reads every key, so that those that can't be read are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        let rows = try transaction.query("SELECT * FROM leases WHERE key_id IS NOT NULL")
        _ = transaction.readable(rows, of: "leases", id: { try $0.text("key_id") }) { try GatewayKey($0) }
    }

    /// Makes a key open nothing any more. Keys are their owner's to revoke, and an administrator's.
    ///
    /// - Parameter name: the key's id, or a name that only one of the user's keys has.
    /// - Throws: ``GatewayError/Code/notFound``, also for another user's; `StoreError`.
    public func revokeKey(_ name: String, by actor: User) async throws -> GatewayKey {
        try await store.write { [self] transaction in
            let rows = try transaction.query(
                "SELECT * FROM leases WHERE key_id = $1 AND (user_id = $2 OR $3 = 1) OR key_id IS NOT NULL AND name = $1 AND user_id = $2",
                name, actor.id, actor.role == .administrator)
            guard let row = rows.first else { throw Self.noKey(name) }
            guard rows.count == 1 else {
                throw GatewayError(.invalid, "Several keys are named “\(name.prefix(80))”. Revoke one by its id.")
            }
            let key = try GatewayKey(row)
            try transaction.execute("DELETE FROM leases WHERE key_id = $1", key.id)
            try accounts.record(transaction, actor.id, "key.revoked", key.id.rawValue, key.name)
            return key
        }
    }

    private static func noKey(_ name: String) -> GatewayError {
        GatewayError(.notFound, "There is no gateway key “\(name.prefix(80))”. `sam keys list` shows those there are.")
    }

    /// Whether a lease is that of a session.
    func opens(_ token: LeaseToken, _ session: SessionReference) async throws -> Bool {
        try await store.read { transaction in
            guard case .session(session, _, _)? = try lease(token, in: transaction)?.holder else { return false }
            return true
        }
    }

    func lease(of session: SessionReference, in transaction: any Transaction) throws -> Lease? {
        try transaction.first("SELECT * FROM leases WHERE session_id = $1", session).map(Lease.init)
    }

    func lease(_ token: LeaseToken, in transaction: any Transaction) throws -> Lease? {
        try transaction.first("SELECT * FROM leases WHERE hash = $1", token.hash).map(Lease.init)
    }
}
