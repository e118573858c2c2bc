import Accounts
import Credentials
import Metering
import Store
import Wording

/// The leases of sessions and the gateway keys of people, which authorise requests to the gateway.
///
/// A value around the store; safe to share between tasks.
public struct Leases: Sendable {
    let store: Store
    let accounts: Accounts
    let now: @Sendable () -> Int64

    /// Creates the service.
    public init(store: Store, accounts: Accounts, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.accounts = accounts
        self.now = now
    }

    // MARK: - Sessions

    /// Creates the lease of a session's attempt, and ends the lease of an earlier attempt.
    ///
    /// - Throws: `StoreError`.
    public func make(for caller: SessionIdentity, in transaction: any Transaction) throws -> LeaseToken {
        try end(caller.session, in: transaction)
        let token = LeaseToken()
        try transaction.execute(
            """
            INSERT INTO leases (hash, session_id, key_id, name, user_id, project_id, provider, made_at)
            VALUES ($1, $2, NULL, $3, $4, $5, NULL, $6)
            """, token.hash, caller.session, caller.agent, caller.user, caller.project, now())
        return token
    }

    /// Ends a session's lease, from the next request on, and stops waiting for the session's background responses.
    ///
    /// - Throws: `StoreError`.
    public func end(_ session: SessionReference, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM leases WHERE session_id = $1", session)
        try UsageLedger.endBackground(of: session.rawValue, now: now(), in: transaction)
    }

    // MARK: - Keys

    /// The maximum number of gateway keys per user.
    static let keyLimit = 100

    /// Creates a gateway key for a person's own tools.
    ///
    /// - Parameters:
    ///   - project: the project whose layers apply, in which the user may run sessions.
    ///   - provider: the only provider that it opens; `nil` for all.
    /// - Returns: the key and its token, which cannot be shown again.
    /// - Throws: ``GatewayError/Code/invalid`` for an invalid name and for a key beyond the limit; `AccountsError`; `StoreError`.
    public func makeKey(
        named name: String, project: ProjectID?, provider: Provider?, for user: User
    ) async throws -> (key: GatewayKey, token: LeaseToken) {
        if let fault = PlainLine.fault(in: name, of: "A key's name", limit: 80, purpose: " that tells what it is for") {
            throw GatewayError(.invalid, fault)
        }
        let token = LeaseToken()
        let key = try await store.write { [self] transaction in
            if let project { try accounts.check(user.id, hasRole: .member, in: project, transaction) }
            let count = try transaction.first("SELECT COUNT(*) AS count FROM leases WHERE key_id IS NOT NULL AND user_id = $1", user.id)
            guard try count?.integer("count") ?? 0 < Self.keyLimit else {
                throw GatewayError(
                    .invalid, "You have \(Self.keyLimit) gateway keys, the most there can be. Revoke one first: sam keys revoke")
            }
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

    /// One page of a user's keys, oldest first.
    ///
    /// - Throws: `StoreError`.
    public func keys(of user: UserID, _ page: PageRequest) async throws -> Page<GatewayKey> {
        let after = page.after ?? .first
        return try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                """
                SELECT * FROM leases WHERE key_id IS NOT NULL AND user_id = $1 AND (made_at, key_id) > ($2, $3)
                ORDER BY made_at, key_id LIMIT $4
                """, user, after.number, after.text, page.probe)
            return transaction.page(
                rows, of: "leases", id: { try $0.text("key_id") }, key: { try PageKey($0, "made_at", "key_id") }
            ) { try GatewayKey($0) }
        }
    }

    /// Reads every key, so that unreadable ones are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        let rows = try transaction.query("SELECT * FROM leases WHERE key_id IS NOT NULL")
        _ = transaction.readable(rows, of: "leases", id: { try $0.text("key_id") }) { try GatewayKey($0) }
    }

    /// Revokes a key. Its owner and administrators may do so.
    ///
    /// - Parameter name: the key's id, or the name of exactly one of the user's keys.
    /// - Throws: ``GatewayError/Code/notFound``, also for another user's key; ``GatewayError/Code/invalid`` for an ambiguous name;
    ///   `StoreError`.
    public func revokeKey(_ name: String, by actor: User) async throws -> GatewayKey {
        try await store.write { [self] transaction in
            let rows =
                try transaction.query(
                    "SELECT * FROM leases WHERE key_id = $1 AND (user_id = $2 OR $3 = 1)", name, actor.id, actor.role == .administrator)
                + transaction.query(
                    "SELECT * FROM leases WHERE key_id IS NOT NULL AND user_id = $1 AND name = $2 ORDER BY made_at, key_id", actor.id, name)
            let key: GatewayKey
            switch IDOrName(name, among: try rows.map { try GatewayKey($0) }, id: \.id.rawValue, name: \.name) {
            case .one(let found): key = found
            case .none: throw Self.noKey(name)
            case .several(let found):
                throw GatewayError(
                    .invalid, IDOrName<GatewayKey>.ambiguity(name, of: "keys", found.map(\.id.rawValue), "sam keys revoke"))
            }
            try transaction.execute("DELETE FROM leases WHERE key_id = $1", key.id)
            try accounts.record(transaction, actor.id, "key.revoked", key.id.rawValue, key.name)
            return key
        }
    }

    private static func noKey(_ name: String) -> GatewayError {
        GatewayError(.notFound, "There is no gateway key “\(name.prefix(80))”. `sam keys list` shows those there are.")
    }

    /// Whether a token is the lease of a session.
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
