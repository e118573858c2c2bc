import Store

/// Users, projects, API tokens and the audit trail.
///
/// A value around the store; safe to share between tasks.
public struct Accounts: Sendable {
    let store: Store
    let now: @Sendable () -> Int64

    /// Creates the accounts over a store.
    ///
    /// - Parameters:
    ///   - store: the migrated database.
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
            ]),
        Migration(
            "accounts", 2, "members of projects, users that can be disabled, tokens that can be revoked, notifications",
            [
                "ALTER TABLE users ADD COLUMN disabled_at BIGINT",
                "ALTER TABLE api_tokens ADD COLUMN id TEXT",
                "UPDATE api_tokens SET id = 'k_' || substr(hash, 1, 12)",
                "CREATE UNIQUE INDEX api_tokens_by_id ON api_tokens (id)",
                "ALTER TABLE api_tokens ADD COLUMN revoked_at BIGINT",
                """
                CREATE TABLE members (
                    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                    user_id TEXT NOT NULL REFERENCES users (id), added_by TEXT NOT NULL, added_at BIGINT NOT NULL,
                    PRIMARY KEY (project_id, user_id))
                """,
                "CREATE INDEX members_by_user ON members (user_id)",
                // Before this migration there was one user, who owned all projects.
                """
                INSERT INTO members (project_id, user_id, added_by, added_at)
                SELECT p.id, u.id, u.id, p.created_at FROM projects p JOIN users u ON u.role = 'administrator'
                """,
                """
                CREATE TABLE notifications (
                    id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), at BIGINT NOT NULL,
                    kind TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, read_at BIGINT)
                """,
                "CREATE INDEX notifications_by_user ON notifications (user_id, at)",
                "CREATE INDEX audit_by_actor ON audit (actor, action)",
            ]),
        Migration(
            "accounts", 3, "roles in projects, and a count of what changed in who may come in",
            [
                "ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'member'",
                // Of members added at the same time, the one who added themselves created the project.
                """
                UPDATE members SET role = 'owner' WHERE user_id = (
                    SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id
                    WHERE m.project_id = members.project_id AND u.disabled_at IS NULL
                    ORDER BY m.added_at, CASE WHEN m.added_by = m.user_id THEN 0 ELSE 1 END, u.created_at, u.id LIMIT 1)
                """,
                "CREATE TABLE access_changes (id BIGINT PRIMARY KEY, number BIGINT NOT NULL)",
                "INSERT INTO access_changes (id, number) VALUES (1, 0)",
            ]),
        Migration(
            "accounts", 4, "indexes of the audit trail by time, and of tokens by user",
            [
                "CREATE INDEX audit_by_time ON audit (at, id)",
                "CREATE INDEX api_tokens_by_user ON api_tokens (user_id, created_at, id)",
            ]),
        Migration(
            "accounts", 5, "an index of the audit trail by what it is about",
            ["DROP INDEX audit_by_actor", "CREATE INDEX audit_by_subject ON audit (subject, action)"]),
    ]
}
