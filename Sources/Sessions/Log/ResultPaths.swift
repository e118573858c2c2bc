import AgentProtocol
import Store

/// Replaces the server's paths in results that earlier versions stored: a project's mirror becomes the project, and the repository of other
/// work becomes a word.
enum ResultPaths {
    /// A stored result without paths. One that has none stays as it is.
    static func removed(from result: JSONValue) -> JSONValue {
        guard case .object(var members) = result else { return result }
        if let mirror = members.removeValue(forKey: "mirror")?.string, members["project"] == nil {
            members["project"] = .string(project(ofMirror: mirror))
        }
        if let others = members["others"]?.elements {
            members["others"] = .array(
                others.map { other in
                    guard case .object(var work) = other, let path = work["repository"]?.string, path.contains("/") else { return other }
                    work["repository"] = .string(path.hasSuffix("/lost.git") ? "session" : "project")
                    return .object(work)
                })
        }
        return .object(members)
    }

    /// Mirrors are named after their projects.
    private static func project(ofMirror path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name.hasSuffix(".git") ? String(name.dropLast(4)) : name
    }

    /// Rewrites all sessions' states and the results in their logs. Rows that can't be read are reported and stay as they are.
    static func remove(_ transaction: any Transaction) throws {
        let rows = try transaction.query("SELECT id, project_id, state FROM sessions")
        let states = transaction.readable(rows, of: "sessions") { (try $0.text("id"), try SessionState(of: $0).stored()) }
        for (session, state) in states {
            try transaction.execute("UPDATE sessions SET state = $1 WHERE id = $2", state, session)
        }
        for session in transaction.readable(rows, of: "sessions", { try $0.text("id") }) { try removeFromLog(of: session, transaction) }
    }

    private static func removeFromLog(of session: String, _ transaction: any Transaction) throws {
        let rows = try transaction.query(
            """
            SELECT e.seq, e.payload, b.payload AS whole FROM session_events e
            LEFT JOIN session_event_blobs b ON b.session_id = e.session_id AND b.seq = e.seq
            WHERE e.session_id = $1 AND e.kind = 'result'
            """, session)
        let name = { (row: Row) in SessionEvent.name(try row.integer("seq"), SessionID(rawValue: session)) }
        let records = transaction.readable(rows, of: "session_events", id: name) { row -> (Int, LogRecord) in
            let old: JSONValue = try JSONLine.decode(from: try row.optionalText("whole") ?? row.text("payload"))
            return (try row.integer("seq"), LogRecord(kind: "result", json: try JSONLine.text(removed(from: old))))
        }
        for (seq, record) in records {
            try transaction.execute(
                "UPDATE session_events SET payload = $1 WHERE session_id = $2 AND seq = $3", record.payload, session, seq)
            if let whole = record.whole {
                try transaction.execute(
                    "UPDATE session_event_blobs SET payload = $1 WHERE session_id = $2 AND seq = $3", whole, session, seq)
            } else {
                try transaction.execute("DELETE FROM session_event_blobs WHERE session_id = $1 AND seq = $2", session, seq)
            }
        }
    }
}
