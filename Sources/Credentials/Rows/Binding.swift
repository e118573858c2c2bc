import Accounts
import Store

/// The state of a provider at a scope. A scope without a row has no effect on resolution.
struct Binding: Sendable, Hashable {
    enum State: String, Sendable, SQLBindable {
        case active
        /// A tombstone: resolution stops here, without a credential.
        case inactive
    }

    var owner: ScopeOwner
    var provider: Provider
    var state: State
    var credential: CredentialID?
    var reason: String?
    /// The user who made the last change.
    var changedBy: UserID
    /// UTC milliseconds.
    var changedAt: Int64
}

extension Binding {
    init(_ row: Row) throws {
        self.init(
            owner: try ScopeOwner(row), provider: try row.parsed("provider"), state: try row.parsed("state"),
            credential: try row.optionalText("credential_id").map(CredentialID.init(rawValue:)), reason: try row.optionalText("reason"),
            changedBy: try row.parsed("changed_by"), changedAt: Int64(try row.integer("changed_at")))
    }
}
