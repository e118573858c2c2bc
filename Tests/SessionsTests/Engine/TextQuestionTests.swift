import AgentProtocol
import Testing

@testable import Sessions

@Suite("What an agent asks through SAM's tools")
struct TextQuestionTests {
    @Test("An answer that is too long for the log reaches the agent whole")
    func longAnswer() async throws {
        try await EngineFixture.with { fixture in
            let engine = fixture.engine
            let session = try await fixture.create()
            await engine.supervise()
            await fixture.host.launched(session)
            await fixture.quiet(session)
            for event: AgentEvent in [
                .agentStarted(AgentStart(sandbox: "x")), .handshake(AgentIdentity(name: "a")),
                .background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")])),
            ] { try await engine.apply(.agent(event), to: session) }
            let question = try await engine.ask("Which?", suggestions: [], in: session)
            // Each of its characters has two in JSON.
            let text = String(repeating: "\"", count: 32 << 10)
            try await engine.reply(to: question, text, in: session, by: fixture.user)
            #expect(try await engine.queries.answer(to: question, in: session)?.text == text)
        }
    }

    /// What is asked, and an answer of its kind.
    enum Asked: CaseIterable, Sendable {
        case text, permission, inquiry
    }

    @Test("A question that a session never asked is not there; one that it asked and that is over is over", arguments: Asked.allCases)
    func unknown(_ asked: Asked) async throws {
        try await EngineFixture.with { fixture in
            let engine = fixture.engine
            let session = try await fixture.ready()
            let other = try await fixture.ready()
            for each in [session, other] {
                try await fixture.tell([.background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")]))], of: each)
            }
            func answer(_ question: String, in session: SessionID) async throws {
                switch asked {
                case .text: try await engine.reply(to: question, "yes", in: session, by: fixture.user)
                case .permission: try await engine.answer(question, with: "o", in: session, by: fixture.user)
                case .inquiry: try await engine.reply(to: question, ["i": ["yes"]], in: session, by: fixture.user)
                }
            }
            let question: String
            switch asked {
            case .text: question = try await engine.ask("Which?", suggestions: [], in: session)
            case .permission:
                question = "p1"
                let permission = Permission(id: question, title: "May I?", options: [.init(id: "o", name: "Yes", kind: .allowOnce)])
                _ = try await engine.ingest([NumberedEvent(n: 1, at: 0, event: .permission(permission))], for: session, attempt: 1)
            case .inquiry:
                question = "p1"
                let inquiry = Inquiry(id: question, items: [.init(id: "i", text: "Which?", choices: [])])
                _ = try await engine.ingest([NumberedEvent(n: 1, at: 0, event: .inquiry(inquiry))], for: session, attempt: 1)
            }
            for unknown in ["nope", "", question + "x", String(repeating: "q", count: 10_000)] {
                await expect(.notFound) { try await answer(unknown, in: session) }
            }
            await expect(.notFound) { try await answer(question, in: other) }
            try await answer(question, in: session)
            await expect(.wrongState) { try await answer(question, in: session) }
        }
    }

    private func expect(_ code: SessionsError.Code, _ act: () async throws -> Void) async {
        let error = await #expect(throws: SessionsError.self) { try await act() }
        #expect(error?.code == code, "\(String(describing: error))")
    }
}
