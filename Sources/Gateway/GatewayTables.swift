import Store

/// The database tables of this module.
public enum GatewayTables {
    /// The migrations that create and change the tables, in order.
    public static let migrations = [
        Migration(
            "gateway", 1, "leases of sessions, keys of people, addresses of providers",
            [
                """
                CREATE TABLE leases (
                    hash TEXT PRIMARY KEY, session_id TEXT, key_id TEXT UNIQUE, name TEXT NOT NULL, user_id TEXT NOT NULL, project_id TEXT,
                    provider TEXT, made_at BIGINT NOT NULL)
                """,
                "CREATE INDEX leases_by_session ON leases (session_id)",
                """
                CREATE TABLE provider_endpoints (
                    provider TEXT PRIMARY KEY, url TEXT NOT NULL, dialect TEXT NOT NULL, token_url TEXT,
                    allows_private BIGINT NOT NULL,
                    changed_by TEXT NOT NULL, changed_at BIGINT NOT NULL)
                """,
            ]),
        Migration("gateway", 2, "an index of keys by user", ["CREATE INDEX leases_by_user ON leases (user_id, made_at, key_id)"]),
        Migration("gateway", 3, "an index of leases and keys by project", ["CREATE INDEX leases_by_project ON leases (project_id)"]),
    ]
}
