import Accounts
import AgentProtocol
import Store
import Testing

@testable import Sessions

@Suite("Pages of long texts")
struct LongPageTests {
    @Test("A thousand prompts of 1 MB are given in pages of a few, and each is in one; short ones are in one page")
    func prompts() async throws {
        try await SessionsFixture.with { fixture in
            let (session, other) = (try await fixture.create(), try await fixture.create())
            try await fixture.store.write { transaction in
                for (session, count, length) in [(session, 12, 1_000_000), (other, 500, 10)] {
                    for number in 0..<count {
                        try transaction.execute(
                            "INSERT INTO prompts (id, session_id, text, state, created_at) VALUES ($1, $2, $3, 'delivered', 1)",
                            "t_\(session.rawValue)_\(1_000 + number)", session, String(repeating: "x", count: length))
                    }
                }
            }
            var seen: [PromptID] = []
            var request = PageRequest(limit: 1_000)
            while true {
                let page = try await fixture.sessions.queries.prompts(session, request)
                #expect((1...5).contains(page.items.count))
                seen += page.items.map(\.id)
                guard let next = page.next else { break }
                request.after = next
            }
            #expect(seen.count == 12 && Set(seen).count == 12)
            let short = try await fixture.sessions.queries.prompts(other, PageRequest(limit: 1_000))
            #expect(short.items.count == 500 && short.next == nil)
        }
    }

    @Test("Events of 64 KiB are given in pages of as many bytes as asked for, and each is in one")
    func events() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            let first = try await fixture.sessions.queries.lastEvent(of: session)
            let payload = try JSONLine.text(JSONValue.object(["text": .string(String(repeating: "x", count: 65_000))]))
            try await fixture.store.write { transaction in
                for number in 1...100 {
                    try transaction.execute(
                        "INSERT INTO session_events (session_id, seq, at, kind, payload) VALUES ($1, $2, 1, 'note', $3)", session,
                        first + number, payload)
                }
                try transaction.execute("UPDATE sessions SET last_seq = $1 WHERE id = $2", first + 100, session)
            }
            let queries = fixture.sessions.queries
            for (bytes, most) in [(PageRequest.byteLimit, 65), (256 << 10, 5)] {
                var last = first
                while true {
                    let page = try await queries.log(of: session, after: last, limit: 1_000, upTo: bytes)
                    #expect((1...most).contains(page.events.count))
                    #expect(page.events.map(\.seq) == Array((last + 1)...(last + page.events.count)))
                    last += page.events.count
                    guard page.hasMore else { break }
                }
                #expect(last == first + 100)
            }
        }
    }
}
