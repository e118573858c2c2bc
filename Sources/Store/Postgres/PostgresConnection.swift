import CPostgres
import Foundation

/// One libpq connection to a PostgreSQL server. Calls block; use it from one thread at a time.
final class PostgresConnection {
    private let connection: OpaquePointer
    /// The names of prepared statements, by SQL.
    private var prepared: [String: String] = [:]
    /// Why the last failed statement failed.
    private(set) var failure = PostgresFailure.final

    /// The most prepared statements; more than the program has.
    private static let preparedLimit = 1_000

    /// Connects to the server.
    ///
    /// The kernel detects dead peers within seconds, and the server ends transactions of dead clients. Both are set for each connection, so
    /// that no administrator has to.
    ///
    /// - Throws: ``StoreError`` with code ``StoreError/Code/away``, or another if the server can't be used.
    init(_ url: String) throws(StoreError) {
        // Settings in the URL come later and win.
        let settings = [
            ("connect_timeout", "3"), ("keepalives_idle", "2"), ("keepalives_interval", "1"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "4000"), ("client_encoding", "UTF8"), ("fallback_application_name", "sam"), ("dbname", url),
        ]
        let keys = settings.map { strdup($0.0) } + [nil]
        let values = settings.map { strdup($0.1) } + [nil]
        defer { for text in keys + values { free(text) } }
        guard
            let connection = PQconnectdbParams(keys.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
        else { throw StoreError(.away, "No connection to PostgreSQL could be made: there is no memory left.") }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else {
            // libpq's message names the host and the cause, never the password.
            let text = String(cString: PQerrorMessage(connection)).trimmingCharacters(in: .whitespacesAndNewlines)
            throw StoreError(.away, cause: text)
        }
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
        try run(
            """
            SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '20s'; SET statement_timeout = '60s'; \
            SET timezone = 'UTC'; SET standard_conforming_strings = on
            """)
    }

    deinit { PQfinish(connection) }

    var isOpen: Bool { PQstatus(connection) == CONNECTION_OK }
    var socket: Int32 { PQsocket(connection) }
    var process: Int32 { PQbackendPID(connection) }

    /// The senders and payloads of received notifications, without waiting for any.
    ///
    /// - Throws: ``StoreError`` if the connection is lost.
    func notifications() throws(StoreError) -> [(sender: Int32, payload: String)] {
        guard PQconsumeInput(connection) == 1 else { throw lost("LISTEN") }
        var found: [(sender: Int32, payload: String)] = []
        while let notification = PQnotifies(connection) {
            found.append((notification.pointee.be_pid, String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
        return found
    }

    /// Runs one or more statements without parameters in one round trip.
    ///
    /// - Throws: ``StoreError``.
    func run(_ statements: String) throws(StoreError) {
        let result = PQexec(connection, statements)
        defer { PQclear(result) }
        try check(result, statements)
    }

    /// Runs a statement.
    ///
    /// - Returns: its rows, and how many rows it changed.
    /// - Throws: ``StoreError``.
    func query(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> (rows: [Row], changed: Int) {
        let arguments = try PostgresArguments(parameters)
        let result = try arguments.isEmpty && Self.changesSchema(sql) ? PQexec(connection, sql) : execute(sql, arguments)
        defer { PQclear(result) }
        try check(result, sql)
        return (PostgresRows.rows(of: result), Int(String(cString: PQcmdTuples(result))) ?? 0)
    }

    /// Runs a query and keeps its first rows. The server's other rows are read one by one and dropped: ending the query early would end the
    /// transaction.
    ///
    /// - Returns: the rows up to the one with which they have this many bytes, and whether there were more.
    /// - Throws: ``StoreError``.
    func query(_ sql: String, _ parameters: [SQLValue], upTo bytes: Int) throws(StoreError) -> (rows: [Row], isCut: Bool) {
        let arguments = try PostgresArguments(parameters)
        let name = try prepare(sql)
        let isSent = arguments.withPointers { values, lengths, formats in
            PQsendQueryPrepared(connection, name, Int32(arguments.count), values, lengths, formats, 0)
        }
        guard isSent == 1, PQsetSingleRowMode(connection) == 1 else { throw lost(sql) }
        var rows: [Row] = []
        var size = 0
        var isCut = false
        var failed: StoreError?
        while let result = PQgetResult(connection) {
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_SINGLE_TUPLE else {
                do throws(StoreError) { try check(result, sql) } catch { failed = failed ?? error }
                continue
            }
            guard size < bytes || rows.isEmpty else {
                isCut = true
                continue
            }
            for row in PostgresRows.rows(of: result) {
                size += row.size
                rows.append(row)
            }
        }
        if let failed { throw failed }
        return (rows, isCut)
    }

    /// Commits the transaction. The server answers the COMMIT of a failed transaction with ROLLBACK, which throws.
    func commit() throws(StoreError) {
        let result = PQexec(connection, "COMMIT")
        defer { PQclear(result) }
        try check(result, "COMMIT")
        guard String(cString: PQcmdStatus(result)) == "COMMIT" else {
            failure = .final
            throw StoreError(.other, "A statement of the transaction had failed, so all of it was taken back.")
        }
    }

    /// Deletes all prepared statements, for example if their plans are out of date.
    func forgetPlans() throws(StoreError) {
        prepared = [:]
        try run("DEALLOCATE ALL")
    }

    // MARK: - Parts

    /// Whether a statement changes the schema and runs too rarely to be worth preparing.
    private static func changesSchema(_ sql: String) -> Bool {
        ["CREATE", "ALTER", "DROP", "DO"].contains { sql.hasPrefix($0) }
    }

    private func execute(_ sql: String, _ arguments: PostgresArguments) throws(StoreError) -> OpaquePointer? {
        let name = try prepare(sql)
        return arguments.withPointers { values, lengths, formats in
            PQexecPrepared(connection, name, Int32(arguments.count), values, lengths, formats, 0)
        }
    }

    private func prepare(_ sql: String) throws(StoreError) -> String {
        if let name = prepared[sql] { return name }
        if prepared.count >= Self.preparedLimit { try forgetPlans() }
        let name = "s\(prepared.count)"
        // The server infers parameter types: the same number is BIGINT in one place and INTEGER in another.
        let result = PQprepare(connection, name, sql, 0, nil)
        defer { PQclear(result) }
        try check(result, sql)
        prepared[sql] = name
        return name
    }

    private func check(_ result: OpaquePointer?, _ sql: String) throws(StoreError) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default: break
        }
        guard let result, let text = PQresultErrorField(result, Int32(UInt8(ascii: "C"))) else { throw lost(sql) }
        let state = String(cString: text)
        let message = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? "an error without words"
        failure = isOpen ? PostgresFailure(state: state) : .lost
        throw StoreError(state: state, message: message, statement: sql)
    }

    private func lost(_ sql: String) -> StoreError {
        failure = .lost
        return StoreError(state: nil, message: "The connection to PostgreSQL broke.", statement: sql)
    }
}
