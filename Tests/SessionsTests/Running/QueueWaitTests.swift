import Accounts
import AgentProtocol
import Settings
import Testing

@testable import Sessions

@Suite("What a queued session waits for while all slots are taken")
struct QueueWaitTests {
    private static let ids = (1...5).map { SessionID(rawValue: "s_\($0)") }

    @Test(
        "Own sessions that only wait for a prompt are named, with what ends one",
        arguments: [
            (0, ""), (1, ". Your own s_1 holds a slot while it waits for a prompt: sam sessions finish s_1 ends it"),
            (3, ". Your own s_1, s_2, s_3 hold slots while they wait for a prompt: sam sessions finish s_1 ends one"),
            (5, ". Your own s_1, s_2, s_3 and 2 more hold slots while they wait for a prompt: sam sessions finish s_1 ends one"),
        ])
    func sentence(_ count: Int, _ rest: String) {
        let wait = QueueWait(limit: 2, idle: Array(Self.ids.prefix(count)))
        #expect(wait.turn == "its turn: as many sessions run as may at once (sessions.limit is 2)")
        #expect(wait.sentence == wait.turn + rest)
    }

    @Test("The queue names the one that holds the slot; to another user, in the log, and while it works, none is named")
    func named() async throws {
        try await SessionsFixture.with { fixture in
            try await fixture.settings.set(.sessionLimit, to: "1", at: .platform, by: fixture.user)
            let first = try await fixture.ready()
            let second = try await fixture.create()
            let wait = try #require(try await fixture.sessions.slots.waitOfQueue(for: fixture.user))
            #expect(wait.idle == [first])
            let notes = try await fixture.sessions.queries.events(second, after: 0).filter { $0.kind == "note" }
            #expect(notes.contains { "\($0.payload)".contains("sessions.limit is 1") }, "\(notes)")
            #expect(!notes.contains { "\($0.payload)".contains(first.rawValue) }, "Others read the log, too")

            let kim = try await fixture.accounts.addUser(named: "kim", role: .member, by: fixture.user)
            #expect(try await fixture.sessions.slots.waitOfQueue(for: kim.id)?.idle == [])

            _ = try await fixture.sessions.commands.prompt("Go on.", to: first, by: fixture.user)
            let current = try #require(try await fixture.sessions.queries.session(first).state.current)
            try await fixture.tell([.turnStarted(Turn(prompt: current))], of: first)
            #expect(try await fixture.sessions.slots.waitOfQueue(for: fixture.user)?.sentence == wait.turn)
        }
    }
}
