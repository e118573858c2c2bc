import AgentProtocol
import MetricsTestKit
import Testing

@testable import Sessions

@Suite("What is counted of sessions")
struct SessionMetricsTests {
    private static let events = [
        NumberedEvent(n: 1, at: 0, event: .agentStarted(AgentStart(sandbox: "x"))),
        NumberedEvent(n: 2, at: 0, event: .handshake(AgentIdentity(name: "a"))),
    ]

    @Test("A runner's events are counted when they are stored: once, and not those that are refused")
    func events() async throws {
        try await SessionsFixture.with { fixture in
            let counter = try fixture.metrics.expectCounter("sam.session.events")
            let session = try await fixture.create()
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(session)
            await fixture.quiet(session)
            for _ in 1...2 { _ = try await fixture.sessions.changes.ingest(Self.events, for: session, attempt: 1) }
            #expect(counter.totalValue == 2)
            await #expect(throws: SessionsError.self) {
                let event = NumberedEvent(n: 3, at: 0, event: Self.events[0].event)
                _ = try await fixture.sessions.changes.ingest([event], for: session, attempt: 2)
            }
            #expect(counter.totalValue == 2)
        }
    }

    @Test("A session that ends is counted under its last phase, once it has settled")
    func ends() async throws {
        try await SessionsFixture.with { fixture in
            let cancelled = try fixture.metrics.expectCounter("sam.session.ends", [("phase", "cancelled")])
            let first = try await fixture.create()
            let second = try await fixture.create()
            #expect(cancelled.totalValue == 0)
            for session in [first, second] {
                try await fixture.sessions.commands.cancel(session, by: fixture.user)
                try await fixture.until(session, \.isSettled)
            }
            // The count follows the commit, in the same turn of the session's changes.
            for session in [first, second] { await fixture.sessions.changes.withoutChanges(of: session) {} }
            #expect(cancelled.totalValue == 2)
            #expect(try fixture.metrics.expectCounter("sam.session.ends", [("phase", "completed")]).totalValue == 0)
        }
    }
}
