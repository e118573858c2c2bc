import Accounts
import Foundation
import Store

/// Reads and writes the rows of `pins`.
enum PinRows {
    static func all(of session: SessionReference, _ transaction: any Transaction) throws -> [Pin] {
        try transaction.query("SELECT * FROM pins WHERE session_id = $1 ORDER BY provider", session).map(Pin.init)
    }

    static func pin(of session: SessionReference, _ provider: Provider, _ transaction: any Transaction) throws -> Pin? {
        try transaction.first("SELECT * FROM pins WHERE session_id = $1 AND provider = $2", session, provider).map(Pin.init)
    }

    /// The materialised pin of a session that has not been settled.
    static func lentFile(to session: SessionReference, _ transaction: any Transaction) throws -> Pin? {
        try transaction.first(
            "SELECT * FROM pins WHERE session_id = $1 AND mode = 'materialised' AND settled_at IS NULL", session
        ).map(Pin.init)
    }

    /// The session that has a credential as a file now.
    ///
    /// - Parameter session: a session that does not count.
    static func holder(
        of credential: CredentialID, besides session: SessionReference? = nil, _ transaction: any Transaction
    ) throws -> String? {
        try transaction.first(
            """
            SELECT session_id FROM pins
            WHERE credential_id = $1 AND mode = 'materialised' AND settled_at IS NULL AND session_id <> $2
            """, credential, session?.rawValue ?? ""
        )?.text("session_id")
    }

    static func insert(_ pin: Pin, of session: SessionReference, at time: Int64, _ transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO pins (session_id, provider, scope, credential_id, version, kind, mode, trace, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            session, pin.provider, pin.scope, pin.credential, pin.version, pin.kind, pin.mode,
            String(decoding: try JSONEncoder().encode(pin.trace), as: UTF8.self), time)
    }

    /// Moves a session's pin to a new version of its credential.
    static func move(_ pin: Pin, of session: SessionReference, to version: Int, _ transaction: any Transaction) throws {
        try transaction.execute(
            "UPDATE pins SET version = $1 WHERE session_id = $2 AND provider = $3", version, session, pin.provider)
    }

    /// Ends a session's loans.
    static func settle(_ session: SessionReference, at time: Int64, _ transaction: any Transaction) throws {
        try transaction.execute(
            "UPDATE pins SET settled_at = $1 WHERE session_id = $2 AND settled_at IS NULL", time, session)
    }

    static func remove(of session: SessionReference, _ transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM pins WHERE session_id = $1", session)
    }
}

extension Pin {
    init(_ row: Row) throws {
        provider = try row.parsed("provider")
        scope = try row.parsed("scope")
        credential = try row.parsed("credential_id")
        version = try row.integer("version")
        kind = try row.parsed("kind")
        mode = try row.parsed("mode")
        trace = (try? JSONDecoder().decode([TraceStep].self, from: Data(try row.text("trace").utf8))) ?? []
    }
}
