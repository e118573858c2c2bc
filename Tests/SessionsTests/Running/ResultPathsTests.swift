import Accounts
import AgentProtocol
import Store
import Testing
import Workspaces

@testable import Sessions

@Suite("Results that earlier versions stored")
struct ResultPathsTests {
    /// A result as earlier versions stored it.
    ///
    /// - Parameter notes: how many notes it has: with many it is too long for the log.
    private func old(notes: Int) -> JSONValue {
        [
            "base": "b", "commit": "b", "commits": 0, "files": 0, "insertions": 0, "deletions": 0,
            "mirror": "/home/me/.sam/mirrors/p_1.git", "notes": .array((0..<notes).map { .string("Note \($0)") }),
            "others": [["kind": "lost", "name": "n", "ref": "r", "repository": "/home/me/.sam/sessions/s_1/lost.git", "commit": "c"]],
        ]
    }

    @Test("The migration takes paths out of states and logs, of long events too, and leaves what it can't read", arguments: [2, 9_000])
    func migration(_ notes: Int) async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            let broken = try await fixture.create()
            let record = LogRecord(kind: "result", json: try JSONLine.text(old(notes: notes)))
            #expect((record.whole == nil) == (notes == 2))
            try await fixture.store.write { transaction in
                let row = try SessionStore.row(session, transaction)
                var members = try JSONLine.decode([String: JSONValue].self, from: try row.text("state"))
                members["version"] = .integer(1)
                members["salvage"] = ["done": ["_0": old(notes: notes)]]
                try transaction.execute("UPDATE sessions SET state = $1 WHERE id = $2", try JSONLine.text(members), session)
                for (one, payload) in [(session, record.payload), (broken, "/home/me/.sam {")] {
                    try transaction.execute(
                        "INSERT INTO session_events (session_id, seq, at, kind, payload) VALUES ($1, 900, 0, 'result', $2)", one, payload)
                }
                if let whole = record.whole {
                    try transaction.execute(
                        "INSERT INTO session_event_blobs (session_id, seq, payload) VALUES ($1, 900, $2)", session, whole)
                }
                try transaction.execute("UPDATE sessions SET state = 'no state' WHERE id = $1", broken)
            }
            for _ in 0..<2 {
                try await fixture.store.write { try ResultPaths.remove($0) }
                let stored = try await fixture.store.read { transaction in
                    let state = try SessionStore.row(session, transaction).text("state")
                    let events = try transaction.query(
                        """
                        SELECT e.payload, b.payload AS whole FROM session_events e
                        LEFT JOIN session_event_blobs b ON b.session_id = e.session_id AND b.seq = e.seq
                        WHERE e.session_id = $1 AND e.seq = 900
                        """, session)
                    return [state] + (try events.flatMap { [try $0.text("payload"), try $0.optionalText("whole") ?? ""] })
                }
                #expect(stored.count == 3)
                #expect(!stored.contains { $0.contains("/home/me") || $0.contains("\\/home\\/me") })
                let result = try #require(try await fixture.sessions.queries.session(session).state.result)
                #expect(result.project.rawValue == "p_1" && result.others.map(\.repository) == [.session])
                let logged: WorkspaceResult = try JSONLine.decode(from: try await fixture.sessions.queries.payload(session, seq: 900))
                #expect(logged == result)
            }
            let kept = try await fixture.store.read { transaction in
                try transaction.query("SELECT payload FROM session_events WHERE session_id = $1 AND seq = 900", broken)[0].text("payload")
            }
            #expect(kept == "/home/me/.sam {")
        }
    }
}
