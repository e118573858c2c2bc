import Accounts
import Store

/// Reads and writes the rows of `bindings`.
enum BindingRows {
    /// The condition that selects a layer's row for a provider. The parameters are the scope, the project or “”, the user or “”, and the
    /// provider.
    static let ofOwner = "scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3 AND provider = $4"

    static func binding(_ owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws -> Binding? {
        try transaction.first(
            "SELECT * FROM bindings WHERE \(Self.ofOwner)",
            owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "", provider
        ).map(Binding.init)
    }

    /// Whether a layer is turned off for a provider.
    static func isOff(_ owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws -> Bool {
        try binding(owner, provider, transaction)?.state == .inactive
    }

    static func put(_ binding: Binding, _ transaction: any Transaction) throws {
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

    static func remove(_ owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws {
        try transaction.execute(
            "DELETE FROM bindings WHERE \(Self.ofOwner)",
            owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "", provider)
    }

    /// Deletes all bindings of a layer.
    static func removeAll(of owner: ScopeOwner, _ transaction: any Transaction) throws {
        try transaction.execute(
            "DELETE FROM bindings WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3",
            owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "")
    }

    /// Reads every binding, so that unreadable rows are reported.
    static func readAll(_ transaction: any Transaction) throws {
        let name: (Row) throws -> String = { "\(try $0.text("scope")):\(try $0.text("provider"))" }
        _ = transaction.readable(try transaction.query("SELECT * FROM bindings"), of: "bindings", id: name) { try Binding($0) }
    }
}
