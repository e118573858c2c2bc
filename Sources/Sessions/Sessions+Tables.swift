import Store

/// The tables of this module.
public enum SessionTables {
    /// The migrations, in order.
    public static let migrations = [
        Migration(
            "sessions", 1, "sessions, their logs, prompts and commands",
            [
                """
                CREATE TABLE sessions (
                    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects (id),
                    user_id TEXT NOT NULL REFERENCES users (id), agent TEXT NOT NULL, title TEXT NOT NULL,
                    branch TEXT NOT NULL, sandbox TEXT NOT NULL, phase TEXT NOT NULL, settled BIGINT NOT NULL, state TEXT NOT NULL,
                    runner_token_hash TEXT, runner_attempt BIGINT, runner_acknowledged BIGINT NOT NULL, last_seq BIGINT NOT NULL,
                    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
                """,
                "CREATE INDEX sessions_by_settled ON sessions (settled, created_at)",
                "CREATE INDEX sessions_by_project ON sessions (project_id, agent, created_at)",
                "CREATE UNIQUE INDEX sessions_by_runner ON sessions (runner_token_hash)",
                """
                CREATE TABLE session_events (
                    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, seq BIGINT NOT NULL,
                    at BIGINT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (session_id, seq))
                """,
                """
                CREATE TABLE session_event_blobs (
                    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, seq BIGINT NOT NULL,
                    payload TEXT NOT NULL, PRIMARY KEY (session_id, seq))
                """,
                """
                CREATE TABLE prompts (
                    id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
                    text TEXT NOT NULL, state TEXT NOT NULL, created_at BIGINT NOT NULL)
                """,
                """
                CREATE TABLE runner_commands (
                    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, attempt BIGINT NOT NULL,
                    n BIGINT NOT NULL, command TEXT NOT NULL, PRIMARY KEY (session_id, attempt, n))
                """,
            ]),
        Migration(
            "sessions", 2, "the provider a session uses, and the token with which its sign-in is given back",
            [
                "ALTER TABLE sessions ADD COLUMN provider TEXT",
                "ALTER TABLE sessions ADD COLUMN sign_in_file TEXT",
                "ALTER TABLE sessions ADD COLUMN sync_token_hash TEXT",
                "ALTER TABLE sessions ADD COLUMN sync_token_until BIGINT",
                "CREATE UNIQUE INDEX sessions_by_sync_token ON sessions (sync_token_hash)",
            ]),
        Migration(
            "sessions", 3, "what an agent may do without asking, in each session",
            ["ALTER TABLE sessions ADD COLUMN permissions TEXT NOT NULL DEFAULT 'edits'"]),
        Migration("sessions", 4, "the model that a session was asked for", ["ALTER TABLE sessions ADD COLUMN model TEXT"]),
        Migration(
            "sessions", 5, "the session that another goes on with, and the commit that it starts from",
            ["ALTER TABLE sessions ADD COLUMN continues TEXT", "ALTER TABLE sessions ADD COLUMN start_commit TEXT"]),
        Migration(
            "sessions", 6, "images that go with prompts, until they are answered",
            [
                """
                CREATE TABLE prompt_images (
                    prompt_id TEXT NOT NULL REFERENCES prompts (id) ON DELETE CASCADE, n BIGINT NOT NULL,
                    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, media_type TEXT NOT NULL, size BIGINT NOT NULL,
                    bytes BLOB NOT NULL, PRIMARY KEY (prompt_id, n))
                """,
                "CREATE INDEX prompt_images_by_session ON prompt_images (session_id)",
                "ALTER TABLE prompts ADD COLUMN images BIGINT NOT NULL DEFAULT 0",
            ]),
        Migration(
            "sessions", 7, "indexes of what goes on, of prompts and of rare events, and when the sessions were last looked after",
            [
                // Has only rows that are not settled, so that supervision does not slow down as settled ones accumulate.
                "DROP INDEX sessions_by_settled",
                "CREATE INDEX sessions_unsettled ON sessions (created_at, id, phase, settled) WHERE settled = 0",
                "CREATE INDEX prompts_by_session ON prompts (session_id, created_at, id)",
                // Almost all events are of other kinds, and cost nothing here.
                """
                CREATE INDEX session_events_by_kind ON session_events (session_id, kind, seq)
                WHERE kind IN ('inquiry', 'permission', 'prompt', 'question', 'state')
                """,
                "CREATE TABLE last_tick (id BIGINT PRIMARY KEY, at BIGINT NOT NULL)",
            ]),
        Migration(
            "sessions", 8, "indexes of what is over by time, for lists in parts, and of a project's sessions by time",
            [
                "CREATE INDEX sessions_settled ON sessions (created_at, id) WHERE settled = 1",
                "CREATE INDEX sessions_in_project ON sessions (project_id, created_at, id)",
            ]),
        // Unknown for older prompts: whether their writer may run sessions was checked when they were written.
        Migration("sessions", 9, "who wrote each prompt", ["ALTER TABLE prompts ADD COLUMN user_id TEXT REFERENCES users (id)"]),
        Migration(
            "sessions", 10, "where the runner of each attempt was started",
            [
                """
                CREATE TABLE runners (
                    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, attempt BIGINT NOT NULL, host TEXT NOT NULL,
                    handle TEXT NOT NULL, PRIMARY KEY (session_id, attempt))
                """
            ]),
        Migration("sessions", 11, "results name their project, and no path of the server's", [], change: ResultPaths.remove),
    ]
}
