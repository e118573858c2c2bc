import Store

/// The database tables of this module.
public enum CredentialTables {
    /// The migrations that create and change the tables, in order.
    public static let migrations = [
        Migration(
            "credentials", 1, "credentials, bindings, pins, held rotations and the proofs of master keys",
            [
                """
                CREATE TABLE credentials (
                    id TEXT PRIMARY KEY, scope TEXT NOT NULL, project_id TEXT REFERENCES projects (id),
                    user_id TEXT REFERENCES users (id), provider TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL,
                    sealed BLOB NOT NULL, key_id TEXT NOT NULL, version BIGINT NOT NULL, expires_at BIGINT,
                    failed_reason TEXT, last_refused_at BIGINT, created_by TEXT NOT NULL, set_by TEXT NOT NULL,
                    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
                """,
                "CREATE INDEX credentials_by_owner ON credentials (scope, COALESCE(project_id, ''), COALESCE(user_id, ''), provider)",
                "CREATE INDEX credentials_by_key ON credentials (key_id)",
                """
                CREATE TABLE bindings (
                    scope TEXT NOT NULL, project_id TEXT REFERENCES projects (id), user_id TEXT REFERENCES users (id),
                    provider TEXT NOT NULL, state TEXT NOT NULL, credential_id TEXT, reason TEXT,
                    changed_by TEXT NOT NULL, changed_at BIGINT NOT NULL)
                """,
                "CREATE UNIQUE INDEX bindings_by_owner ON bindings (scope, COALESCE(project_id, ''), COALESCE(user_id, ''), provider)",
                """
                CREATE TABLE pins (
                    session_id TEXT NOT NULL, provider TEXT NOT NULL, scope TEXT NOT NULL, credential_id TEXT NOT NULL,
                    version BIGINT NOT NULL, kind TEXT NOT NULL, mode TEXT NOT NULL, trace TEXT NOT NULL,
                    made_at BIGINT NOT NULL, settled_at BIGINT, PRIMARY KEY (session_id, provider))
                """,
                "CREATE INDEX pins_by_credential ON pins (credential_id)",
                """
                CREATE TABLE held (
                    credential_id TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE, session_id TEXT NOT NULL,
                    sealed BLOB NOT NULL, key_id TEXT NOT NULL, set_by TEXT NOT NULL, held_at BIGINT NOT NULL, why TEXT NOT NULL,
                    PRIMARY KEY (credential_id, session_id))
                """,
                "CREATE TABLE master_keys (id TEXT PRIMARY KEY, proof BLOB NOT NULL, created_at BIGINT NOT NULL)",
            ]),
        Migration(
            "credentials", 2, "attempts to refresh a sign-in",
            [
                """
                CREATE TABLE refreshes (
                    credential_id TEXT PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE, version BIGINT NOT NULL,
                    attempted_at BIGINT NOT NULL)
                """
            ]),
        Migration(
            "credentials", 3, "when a refused sign-in was renewed",
            ["ALTER TABLE credentials ADD COLUMN renewed_after_refusal_at BIGINT"]),
        Migration(
            "credentials", 4, "refreshes of which nobody knows the end",
            ["ALTER TABLE refreshes ADD COLUMN is_lost BIGINT NOT NULL DEFAULT 0"]),
        // Older seals are renewed when the vault is opened. Older programs cannot open the new seals.
        Migration(
            "credentials", 5, "the form that all seals have",
            ["CREATE TABLE seal_forms (form BIGINT PRIMARY KEY, since BIGINT NOT NULL)"]),
        Migration(
            "credentials", 6, "indexes of what is lent at the moment, and of what is held by time",
            [
                // Only lent pins are looked up by credential; settled ones accumulate with each session.
                "DROP INDEX pins_by_credential",
                "CREATE INDEX pins_lent ON pins (credential_id) WHERE mode = 'materialised' AND settled_at IS NULL",
                "CREATE INDEX held_by_time ON held (credential_id, held_at DESC, session_id)",
            ]),
        Migration(
            "credentials", 7, "when a token endpoint is asked again",
            [
                "ALTER TABLE refreshes ADD COLUMN failures BIGINT NOT NULL DEFAULT 0",
                "ALTER TABLE refreshes ADD COLUMN next_at BIGINT",
                "ALTER TABLE refreshes ADD COLUMN why TEXT",
            ]),
        // Older versions told it in the audit trail alone, as `version 2` and `version 2, stored late`.
        Migration(
            "credentials", 8, "which versions of a sign-in came from a refresh",
            [
                """
                CREATE TABLE renewals (
                    credential_id TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE, version BIGINT NOT NULL,
                    at BIGINT NOT NULL, PRIMARY KEY (credential_id, version))
                """,
                """
                INSERT INTO renewals (credential_id, version, at)
                SELECT a.subject, CAST(REPLACE(REPLACE(a.detail, 'version ', ''), ', stored late', '') AS BIGINT), MAX(a.at)
                FROM audit a JOIN credentials c ON c.id = a.subject
                WHERE a.action = 'refresh.renewed' AND a.detail LIKE 'version %' GROUP BY 1, 2
                """,
            ]),
    ]
}
