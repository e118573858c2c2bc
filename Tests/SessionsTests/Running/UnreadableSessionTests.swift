import Accounts
import AgentProtocol
import Settings
import Store
import Testing

@testable import Sessions

@Suite("Sessions that can't be read")
struct UnreadableSessionTests {
    /// A column, what is written into it, and a word of the reason.
    static let damages = [
        ("state", "no JSON", "no JSON"), ("state", "{\"version\":99}", "version 99"), ("state", "{\"version\":1}", "is missing"),
        ("state", "{\"version\":1,\"ending\":7,\"phase\":[]}", "another type"), ("sandbox", "paper", "column sandbox"),
        ("permissions", "all of them", "column permissions"),
    ]

    @Test(
        "It is told with the reason, kept as it is, and hides nothing; the session beside it goes on, also after a restart",
        arguments: damages)
    func beside(_ column: String, _ value: String, _ word: String) async throws {
        try await SessionsFixture.with { fixture in
            let damaged = try await fixture.create()
            let beside = try await fixture.create()
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(damaged)
            await fixture.host.launched(beside)
            try await fixture.set(column, to: value, of: damaged)
            let before = try await fixture.stored(damaged)

            // Another server starts on the same database.
            let restarted = try await fixture.twin()
            await restarted.sessions.resume()
            for sessions in [fixture.sessions, restarted.sessions] {
                await sessions.supervisor.supervise()
                let listed = try await sessions.queries.list(for: fixture.user)
                #expect(listed.sessions.map(\.id) == [beside])
                #expect(listed.unreadable.map(\.id) == [damaged])
                #expect(listed.unreadable.first?.reason.contains(word) == true, "\(listed.unreadable)")
                #expect(listed.unreadable.first?.nextStep.contains("sam sessions rm \(damaged.rawValue) --force") == true)
                #expect(try await sessions.queries.unsettled().unreadable.map(\.id) == [damaged])
                await #expect {
                    _ = try await sessions.queries.session(damaged)
                } throws: { error in
                    (error as? SessionsError)?.code == .unreadable && "\(error)".contains(word)
                }
            }
            try await restarted.sessions.changes.apply(.agent(.agentStarted(AgentStart(sandbox: "x"))), to: beside)
            #expect(try await restarted.sessions.queries.session(beside).state.phase == .starting)
            #expect(try await fixture.stored(damaged) == before, "Nothing is written over what could not be read")
            let told = fixture.store.unreadable.rows.filter { $0.table == "sessions" }
            #expect(told.map(\.id) == [damaged.rawValue], "Each is told once: \(told)")
        }
    }

    @Test("One that had begun holds its slot, as its agent may be at work; one that had not does not, and holds up nobody behind it")
    func slots() async throws {
        try await SessionsFixture.with { fixture in
            try await fixture.settings.set(.sessionLimit, to: "1", at: .platform, by: fixture.user)
            let queued = try await fixture.create()
            try await fixture.set("state", to: "{}", of: queued)
            let running = try await fixture.create()
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(running)
            let waiting = try await fixture.create()
            try await fixture.set("state", to: "{}", of: running)
            await fixture.sessions.supervisor.supervise()
            await fixture.quiet(waiting)
            #expect(fixture.host.launches(of: waiting) == [])
            #expect(try await fixture.sessions.queries.unsettled().slotsHeld == 1)

            // A person gives it up.
            try await fixture.sessions.commands.remove(running, evenUnlanded: true, by: fixture.user)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(waiting)
            #expect(fixture.host.things(of: running) == [])
            #expect(!fixture.host.isRunnerAlive(running, attempt: 1), "Its agent is ended with it")
        }
    }

    @Test("It is not removed by the way, and what is asked of it is refused with the reason")
    func refused() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            try await fixture.set("state", to: "{}", of: session)
            await #expect(throws: SessionsError.self) {
                try await fixture.sessions.commands.remove(session, evenUnlanded: false, by: fixture.user)
            }
            await #expect(throws: SessionsError.self) { try await fixture.sessions.commands.cancel(session, by: fixture.user) }
            await #expect(throws: SessionsError.self) {
                try await fixture.sessions.commands.prompt("Go on.", to: session, by: fixture.user)
            }
            #expect(try await fixture.stored(session) == "{}")
            try await fixture.sessions.commands.remove(session, evenUnlanded: true, by: fixture.user)
            #expect(try await fixture.stored(session) == "")
        }
    }

    @Test("One that can be read again, because somebody mended its row, is taken up where it stands")
    func mended() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            let good = try await fixture.stored(session)
            try await fixture.set("state", to: "{}", of: session)
            await fixture.sessions.supervisor.supervise()
            #expect(fixture.unreadable == [session])
            try await fixture.set("state", to: good, of: session)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(session)
            #expect(fixture.unreadable == [])
        }
    }

    @Test("An event that can't be read is told as one that is not known, and those after it are")
    func events() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            try await fixture.sessions.changes.note("One.", in: session)
            try await fixture.sessions.changes.note("Two.", in: session)
            _ = try await fixture.store.write {
                try $0.execute("UPDATE session_events SET payload = 'x' WHERE session_id = $1 AND seq = 2", session)
            }
            let events = try await fixture.sessions.queries.events(session, after: 0)
            #expect(events.map(\.seq) == [1, 2, 3])
            #expect(events[1].kind == "other" && events[1].payload["kind"] == "unreadable")
            #expect(events[2].payload["text"] == "Two.")
        }
    }
}
