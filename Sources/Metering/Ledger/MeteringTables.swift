import Store

/// The tables of this module.
public enum MeteringTables {
    public static let migrations = [
        Migration(
            "metering", 1, "usage, budgets, what is spent and what is held back",
            [
                """
                CREATE TABLE usage (
                    request_id TEXT PRIMARY KEY, at BIGINT NOT NULL, user_id TEXT NOT NULL, project_id TEXT, session_id TEXT, key_id TEXT,
                    provider TEXT NOT NULL, scope TEXT, credential_id TEXT, model TEXT, status BIGINT NOT NULL,
                    input BIGINT NOT NULL, cache_read BIGINT NOT NULL, cache_write BIGINT NOT NULL, cache_write_long BIGINT NOT NULL,
                    output BIGINT NOT NULL, reasoning BIGINT NOT NULL, web_searches BIGINT NOT NULL, cost_nano BIGINT NOT NULL,
                    state TEXT NOT NULL, milliseconds BIGINT NOT NULL)
                """,
                "CREATE INDEX usage_by_time ON usage (at)",
                "CREATE INDEX usage_by_session ON usage (session_id, at)",
                "CREATE INDEX usage_by_project ON usage (project_id, at)",
                "CREATE INDEX usage_by_user ON usage (user_id, at)",
                """
                CREATE TABLE budgets (
                    scope TEXT NOT NULL, owner TEXT NOT NULL, period TEXT NOT NULL, state TEXT NOT NULL, limit_nano BIGINT NOT NULL,
                    reason TEXT, changed_by TEXT NOT NULL, changed_at BIGINT NOT NULL, PRIMARY KEY (scope, owner, period))
                """,
                """
                CREATE TABLE spending (
                    scope TEXT NOT NULL, owner TEXT NOT NULL, period TEXT NOT NULL, starts_at BIGINT NOT NULL,
                    settled_nano BIGINT NOT NULL, reserved_nano BIGINT NOT NULL, warned BIGINT NOT NULL DEFAULT 0,
                    PRIMARY KEY (scope, owner, period, starts_at))
                """,
                """
                CREATE TABLE reservations (
                    request_id TEXT PRIMARY KEY, holder TEXT NOT NULL, user_id TEXT NOT NULL, project_id TEXT, amount_nano BIGINT NOT NULL,
                    made_at BIGINT NOT NULL)
                """,
            ])
    ]
}
