import AgentProtocol
import Testing

@testable import Sessions

@Suite("What an agent asks through SAM's tools")
struct TextQuestionTests {
    @Test("An answer that is too long for the log reaches the agent whole")
    func longAnswer() async throws {
        try await SessionsFixture.with { fixture in
            let sessions = fixture.sessions
            let session = try await fixture.create()
            await sessions.supervisor.supervise()
            await fixture.host.launched(session)
            await fixture.quiet(session)
            for event: AgentEvent in [
                .agentStarted(AgentStart(sandbox: "x")), .handshake(AgentIdentity(name: "a")),
                .background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")])),
            ] { try await sessions.changes.apply(.agent(event), to: session) }
            let question = try await fixture.agentRequests.ask("Which?", suggestions: [], in: session)
            // Each of its characters has two in JSON.
            let text = String(repeating: "\"", count: 32 << 10)
            try await sessions.commands.reply(to: question, text, in: session, by: fixture.user)
            #expect(try await sessions.queries.answer(to: question, in: session)?.text == text)
        }
    }

    @Test("Progress is logged sixty times in any minute, over all turns; beyond that the agent learns it, and another session's is logged")
    func progress() async throws {
        try await SessionsFixture.with { fixture in
            let (session, other) = (try await fixture.ready(), try await fixture.ready())
            for each in [session, other] {
                _ = try await fixture.sessions.commands.prompt("Work.", to: each, by: fixture.user)
                let current = try #require(try await fixture.sessions.queries.session(each).state.current)
                try await fixture.tell([.turnStarted(Turn(prompt: current))], of: each)
            }
            func logged(_ session: SessionID) async throws -> Int {
                try await fixture.sessions.queries.events(session, after: 0).filter { $0.kind == "progress" }.count
            }
            let requests = fixture.agentRequests
            for number in 0..<60 {
                try await requests.progress("step \(number)", in: session)
                fixture.clock.advance(by: 500)
            }
            // The same again is no report.
            try await requests.progress("step 59", in: session)
            for _ in 0..<5 {
                let error = await #expect(throws: SessionsError.self) { try await requests.progress("one more", in: session) }
                #expect(error?.code == .limit && error?.message.contains("60 times in the last minute") == true)
            }
            #expect(try await logged(session) == 60)
            try await requests.progress("theirs", in: other)
            #expect(try await logged(other) == 1)
            // A minute after the first there is room for one, half a second later for the next.
            fixture.clock.advance(by: 30_000)
            try await requests.progress("later", in: session)
            await #expect(throws: SessionsError.self) { try await requests.progress("at once", in: session) }
            fixture.clock.advance(by: 500)
            try await requests.progress("and later", in: session)
            #expect(try await logged(session) == 62)
        }
    }

    /// What is asked, and an answer of its kind.
    enum Asked: CaseIterable, Sendable {
        case text, permission, inquiry
    }

    @Test("A question that a session never asked is not there; one that it asked and that is over is over", arguments: Asked.allCases)
    func unknown(_ asked: Asked) async throws {
        try await SessionsFixture.with { fixture in
            let sessions = fixture.sessions
            let session = try await fixture.ready()
            let other = try await fixture.ready()
            for each in [session, other] {
                try await fixture.tell([.background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")]))], of: each)
            }
            func answer(_ question: String, in session: SessionID) async throws {
                switch asked {
                case .text: try await sessions.commands.reply(to: question, "yes", in: session, by: fixture.user)
                case .permission: try await sessions.commands.answer(question, with: "o", in: session, by: fixture.user)
                case .inquiry: try await sessions.commands.reply(to: question, ["i": ["yes"]], in: session, by: fixture.user)
                }
            }
            let question: String
            switch asked {
            case .text: question = try await fixture.agentRequests.ask("Which?", suggestions: [], in: session)
            case .permission:
                question = "p1"
                let permission = Permission(id: question, title: "May I?", options: [.init(id: "o", name: "Yes", kind: .allowOnce)])
                _ = try await sessions.changes.ingest(
                    [NumberedEvent(n: 1, at: 0, event: .permission(permission))], for: session, attempt: 1)
            case .inquiry:
                question = "p1"
                let inquiry = Inquiry(id: question, items: [.init(id: "i", text: "Which?", choices: [])])
                _ = try await sessions.changes.ingest([NumberedEvent(n: 1, at: 0, event: .inquiry(inquiry))], for: session, attempt: 1)
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
