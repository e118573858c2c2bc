import Accounts
import AgentProtocol
import Store
import Testing

@testable import Sessions

@Suite("When sessions landed")
struct LandingsTests {
    @Test("The last landing of each session that landed is found, for any number of sessions at once, and no other entry counts")
    func landings() async throws {
        try await SessionsFixture.with { fixture in
            let ids = (0..<1_000).map { SessionID(rawValue: "s_\($0)") }
            try await fixture.store.write { [accounts = fixture.accounts, user = fixture.user] transaction in
                try accounts.record(transaction, user, "session.landed", "s_1", "")
                try accounts.record(transaction, user, "session.notLanded", "s_2", "")
                try accounts.record(transaction, user, "session.landing", "s_3", "")
                try accounts.record(transaction, user, "session.landed", "s_999", "")
            }
            fixture.clock.advance(by: 5_000)
            try await fixture.store.write { [accounts = fixture.accounts, user = fixture.user] transaction in
                try accounts.record(transaction, user, "session.landed", "s_1", "again")
                try accounts.record(transaction, user, "session.landed", "s_other", "")
            }
            let first = fixture.clock.now - 5_000
            let landings = try await fixture.sessions.queries.landings(of: ids)
            #expect(landings == [ids[1]: first + 5_000, ids[999]: first])
            #expect(try await fixture.sessions.queries.landings(of: [ids[2]]) == [:])
            #expect(try await fixture.sessions.queries.landings(of: []) == [:])
        }
    }
}
