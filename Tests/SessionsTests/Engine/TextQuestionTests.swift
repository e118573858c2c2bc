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
}
