import Accounts
import Store

/// What a scope says about a provider. No row means that it says nothing.
struct Binding: Sendable, Hashable {
    enum State: String, Sendable, SQLBindable {
        case active
        /// A tombstone: use nothing, and stop.
        case inactive
    }

    var owner: ScopeOwner
    var provider: Provider
    var state: State
    var credential: CredentialID?
    var reason: String?
    /// The user who made it what it is.
    var changedBy: UserID
    /// UTC milliseconds.
    var changedAt: Int64

    init(
        owner: ScopeOwner, provider: Provider, state: State, credential: CredentialID?, reason: String?, changedBy: UserID, changedAt: Int64
    ) {
        self.owner = owner
        self.provider = provider
        self.state = state
        self.credential = credential
        self.reason = reason
        self.changedBy = changedBy
        self.changedAt = changedAt
    }

    init(_ row: Row) throws {
        owner = try ScopeOwner(row)
        provider = try row.parsed("provider")
        state = try row.parsed("state")
        credential = try row.optionalText("credential_id").map(CredentialID.init(rawValue:))
        reason = try row.optionalText("reason")
        changedBy = try row.parsed("changed_by")
        changedAt = Int64(try row.integer("changed_at"))
    }
}

extension Credentials {
    static let ofOwner = "scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3 AND provider = $4"

    func binding(_ owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws -> Binding? {
        try transaction.first(
            "SELECT * FROM bindings WHERE \(Self.ofOwner)",
            owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "", provider
        ).map(Binding.init)
    }

    func put(_ binding: Binding, _ transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO bindings (scope, project_id, user_id, provider, state, credential_id, reason, changed_by, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (scope, COALESCE(project_id, ''), COALESCE(user_id, ''), provider) DO UPDATE SET
                state = excluded.state, credential_id = excluded.credential_id, reason = excluded.reason,
                changed_by = excluded.changed_by, changed_at = excluded.changed_at
            """,
            binding.owner.scope, binding.owner.project, binding.owner.user, binding.provider, binding.state,
            binding.credential, binding.reason, binding.changedBy, binding.changedAt)
    }

    func removeBinding(_ owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws {
        try transaction.execute(
            "DELETE FROM bindings WHERE \(Self.ofOwner)",
            owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "", provider)
    }
}
