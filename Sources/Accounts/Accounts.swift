import Store

/// Users, projects, API tokens and the audit trail.
///
/// A value around the store; safe to share between tasks.
public struct Accounts: Sendable {
    let store: Store
    let now: @Sendable () -> Int64

    /// Opens the accounts.
    ///
    /// - Parameters:
    ///   - store: the database, migrated.
    ///   - now: the time, in UTC milliseconds.
    public init(store: Store, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.now = now
    }

    /// The tables of this module.
    public static let migrations = [
        Migration(
            "accounts", 1, "users, tokens, projects and the audit trail",
            [
                """
                CREATE TABLE users (
                    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, created_at BIGINT NOT NULL)
                """,
                """
                CREATE TABLE api_tokens (
                    hash TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), name TEXT NOT NULL,
                    created_at BIGINT NOT NULL)
                """,
                """
                CREATE TABLE projects (
                    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, repository TEXT NOT NULL, sandbox TEXT NOT NULL,
                    created_at BIGINT NOT NULL)
                """,
                """
                CREATE TABLE audit (
                    id TEXT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
                    subject TEXT NOT NULL, detail TEXT NOT NULL)
                """,
            ])
    ]
}
