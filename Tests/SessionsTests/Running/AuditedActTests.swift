import Accounts
import AgentProtocol
import Store
import Testing

@testable import Sessions

@Suite("Acts and their entries in the audit trail")
struct AuditedActTests {
    struct Refused: Error {}

    /// What people do, by the name of its entry.
    enum Act: String, CaseIterable, Sendable {
        case cancelled = "session.cancelled"
        case finished = "session.finished"
        case salvaged = "session.salvaged"
        case created = "session.created"
        case removed = "session.removed"

        /// Makes a session with which it can be done.
        func prepare(_ fixture: SessionsFixture) async throws -> SessionID {
            switch self {
            case .cancelled, .finished, .created: return try await fixture.create()
            case .salvaged, .removed:
                fixture.host.failSalvages(true)
                let session = try await fixture.ready()
                await fixture.host.die(session)
                await fixture.sessions.supervisor.supervise()
                try await fixture.until(session, \.isSettled)
                return session
            }
        }

        func run(_ session: SessionID, _ fixture: SessionsFixture) async throws {
            let sessions = fixture.sessions
            switch self {
            case .cancelled: try await sessions.commands.cancel(session, by: fixture.user)
            case .finished: try await sessions.commands.finish(session, by: fixture.user)
            case .salvaged: try await sessions.commands.salvageAgain(session, by: fixture.user)
            case .created: _ = try await fixture.create()
            case .removed: try await sessions.commands.remove(session, evenUnlanded: true, by: fixture.user)
            }
        }
    }

    @Test("What can't be written into the audit trail is not done, and what is done stands there once", arguments: Act.allCases)
    func together(_ act: Act) async throws {
        try await SessionsFixture.with { fixture in
            let session = try await act.prepare(fixture)
            let before = try await rows(fixture)
            let entries = try await count(act.rawValue, fixture)
            _ = try await fixture.store.write {
                try $0.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
            }
            await #expect(throws: (any Error).self) { try await act.run(session, fixture) }
            #expect(try await rows(fixture) == before)

            _ = try await fixture.store.write { try $0.execute("DROP TRIGGER full") }
            try await act.run(session, fixture)
            #expect(try await rows(fixture) != before)
            #expect(try await count(act.rawValue, fixture) == entries + 1)
        }
    }

    @Test("An act that is refused leaves no entry: a session that is over is neither cancelled nor finished")
    func refused() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            try await fixture.sessions.commands.cancel(session, by: fixture.user)
            try await fixture.until(session, \.isSettled)
            for act in [Act.cancelled, .finished, .salvaged] {
                let before = try await count(act.rawValue, fixture)
                await #expect(throws: SessionsError.self) { try await act.run(session, fixture) }
                #expect(try await count(act.rawValue, fixture) == before)
            }
        }
    }

    @Test("A landing stands in the audit trail before it begins, and then what came of it; one that can't stand there does not begin")
    func landing() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            let sessions = fixture.sessions
            try await sessions.commands.land("sam/x", of: session, by: fixture.user) {
                let entries = try await landings(fixture)
                #expect(entries == ["session.landing"])
            }
            #expect(try await landings(fixture) == ["session.landing", "session.landed"])
            await #expect(throws: Refused.self) {
                try await sessions.commands.land("sam/x", of: session, by: fixture.user) { throw Refused() }
            }
            #expect(try await landings(fixture) == ["session.landing", "session.landed", "session.landing", "session.notLanded"])

            _ = try await fixture.store.write {
                try $0.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
            }
            await #expect(throws: (any Error).self) {
                try await sessions.commands.land("sam/x", of: session, by: fixture.user) { Issue.record("It is pushed without an entry") }
            }
        }
    }

    @Test("Who asks for a landing and leaves in the middle is written down all the same")
    func leaving() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            let signals = Signals()
            let landing = Task {
                try await fixture.sessions.commands.land("sam/x", of: session, by: fixture.user) {
                    await signals.send("pushing")
                    try await signals.waitUnlessCancelled(for: "never")
                }
            }
            await signals.wait(for: "pushing")
            landing.cancel()
            _ = await landing.result
            #expect(try await landings(fixture) == ["session.landing", "session.notLanded"])
        }
    }

    // MARK: - Parts

    private func rows(_ fixture: SessionsFixture) async throws -> [String] {
        try await fixture.store.read { transaction in
            try transaction.query("SELECT id, state FROM sessions ORDER BY id").map { try $0.text("id") + $0.text("state") }
        }
    }

    private func count(_ action: String, _ fixture: SessionsFixture) async throws -> Int {
        try await fixture.store.read { try $0.query("SELECT id FROM audit WHERE action = $1", action).count }
    }

    private func landings(_ fixture: SessionsFixture) async throws -> [String] {
        try await fixture.store.read { transaction in
            try transaction.query(
                "SELECT action FROM audit WHERE action LIKE 'session.%anded' OR action LIKE 'session.landing' ORDER BY rowid"
            )
            .map { try $0.text("action") }
        }
    }
}
