import Store

/// The tables of the Metering module.
public enum MeteringTables {
    /// The migrations of these tables, in ascending order.
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
            ]),
        Migration("metering", 2, "why a row of usage is an estimate", ["ALTER TABLE usage ADD COLUMN why TEXT"]),
        Migration(
            "metering", 3, "what projects say that models cost",
            [
                """
                CREATE TABLE project_prices (
                    project_id TEXT NOT NULL, model TEXT NOT NULL, input_nano BIGINT NOT NULL, cache_read_nano BIGINT NOT NULL,
                    cache_write_nano BIGINT NOT NULL, cache_write_long_nano BIGINT NOT NULL, output_nano BIGINT NOT NULL,
                    changed_by TEXT NOT NULL, changed_at BIGINT NOT NULL, PRIMARY KEY (project_id, model))
                """
            ]),
        Migration(
            "metering", 4, "responses in the background that are not fetched",
            [
                """
                CREATE TABLE background_responses (
                    request_id TEXT PRIMARY KEY, response_id TEXT NOT NULL, at BIGINT NOT NULL, due_at BIGINT NOT NULL,
                    user_id TEXT NOT NULL, project_id TEXT, session_id TEXT, key_id TEXT, provider TEXT NOT NULL, scope TEXT,
                    credential_id TEXT, model TEXT, request_bytes BIGINT NOT NULL, output_limit BIGINT, reserved_nano BIGINT NOT NULL)
                """,
                "CREATE INDEX background_by_response ON background_responses (provider, response_id)",
                "CREATE INDEX background_by_session ON background_responses (session_id)",
                "CREATE INDEX background_by_time ON background_responses (due_at)",
            ]),
        // Amounts by a project's own prices and typical costs, for the budgets that count by them.
        Migration(
            "metering", 5, "budgets that reserve the typical cost, costs by a project's own prices, and holders that show that they live",
            [
                "ALTER TABLE budgets ADD COLUMN mode TEXT NOT NULL DEFAULT 'strict'",
                "ALTER TABLE spending ADD COLUMN typical_nano BIGINT NOT NULL DEFAULT 0",
                "ALTER TABLE reservations ADD COLUMN project_amount_nano BIGINT",
                "ALTER TABLE reservations ADD COLUMN typical_nano BIGINT NOT NULL DEFAULT 0",
                "ALTER TABLE reservations ADD COLUMN project_typical_nano BIGINT",
                "CREATE INDEX reservations_by_holder ON reservations (holder)",
                "CREATE TABLE holders (id TEXT PRIMARY KEY, beat_at BIGINT NOT NULL)",
                "INSERT INTO holders (id, beat_at) SELECT DISTINCT holder, 0 FROM reservations",
                "ALTER TABLE usage ADD COLUMN project_cost_nano BIGINT",
                "ALTER TABLE usage ADD COLUMN kind TEXT",
                "CREATE INDEX usage_by_kind ON usage (kind, at) WHERE kind IS NOT NULL",
            ]),
        Migration(
            "metering", 6, "background responses whose fetch is written before the request that began them",
            [
                """
                CREATE TABLE fetched_responses (
                    response_id TEXT NOT NULL, payer TEXT NOT NULL, line TEXT NOT NULL, due_at BIGINT NOT NULL,
                    PRIMARY KEY (response_id, payer))
                """,
                "CREATE INDEX fetched_by_time ON fetched_responses (due_at)",
            ]),
        Migration(
            "metering", 7, "a limit of kept fetches for each payer",
            ["CREATE INDEX fetched_by_payer ON fetched_responses (payer, due_at)"]),
        Migration(
            "metering", 8, "the tier that background responses were asked for in",
            ["ALTER TABLE background_responses ADD COLUMN tier TEXT"]),
        // Migration 5 made each holder of a reservation a server. Background responses are none, and give no heartbeat.
        Migration("metering", 9, "holders that are servers only", ["DELETE FROM holders WHERE id = 'background'"]),
    ]
}
