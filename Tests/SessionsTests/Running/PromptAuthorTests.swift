import Accounts
import AgentProtocol
import Store
import Testing

@testable import Sessions

@Suite("Prompts whose writer may not run sessions any more")
struct PromptAuthorTests {
    enum Loss: String, CaseIterable { case removed, madeViewer, disabled }

    @Test(
        "A prompt that waits is withdrawn when its writer was shut out meanwhile, and the log says whose and why", arguments: Loss.allCases)
    func shutOut(_ loss: Loss) async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            let session = try await fixture.working()
            let hers = try await fixture.sessions.commands.prompt("echo hers", to: session, by: kim).id
            let hersToo = try await fixture.sessions.commands.prompt("echo hers, too", to: session, by: kim).id
            let mine = try await fixture.sessions.commands.prompt("echo mine", to: session, by: fixture.user).id
            try await fixture.shutOut(loss)
            try await fixture.endTurn(of: session)
            #expect(try await fixture.sessions.queries.session(session).state.current == mine)
            #expect(try await fixture.states(of: session) == [hers: .withdrawn, hersToo: .withdrawn, mine: .delivered])
            #expect(try await fixture.commands(session).contains { $0.contains("hers") } == false)
            let why = [Loss.removed: "does not belong to the project any more", .madeViewer: "only reads", .disabled: "was disabled"][loss]
            for prompt in [hers, hersToo] {
                let notes = try await fixture.notes(of: session).filter { $0.contains(prompt.rawValue) }
                #expect(notes.count == 1 && notes[0].contains("of kim") && notes[0].contains(why ?? "?"), "\(notes)")
            }
        }
    }

    @Test("Beside it, the prompts of those who may still run sessions are delivered in order", arguments: [ProjectRole.member, .owner])
    func rightful(_ role: ProjectRole) async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            let session = try await fixture.working()
            let hers = try await fixture.sessions.commands.prompt("echo hers", to: session, by: kim).id
            let mine = try await fixture.sessions.commands.prompt("echo mine", to: session, by: fixture.user).id
            try await fixture.accounts.setRole(role, of: "kim", in: fixture.project.id, by: fixture.user)
            try await fixture.endTurn(of: session)
            #expect(try await fixture.states(of: session) == [hers: .delivered, mine: .kept])
            try await fixture.endTurn(of: session)
            #expect(try await fixture.states(of: session) == [hers: .done, mine: .delivered])
        }
    }

    @Test("A prompt that was written before the agent was ready is withdrawn when it becomes ready")
    func beforeReady() async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            let session = try await fixture.create()
            let hers = try await fixture.sessions.commands.prompt("echo hers", to: session, by: kim).id
            try await fixture.shutOut(.removed)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(session)
            await fixture.quiet(session)
            try await fixture.tell([.agentStarted(AgentStart(sandbox: "x")), .handshake(AgentIdentity(name: "a"))], of: session)
            #expect(try await fixture.states(of: session) == [hers: .withdrawn])
            #expect(try await fixture.sessions.queries.session(session).state.phase == .ready)
        }
    }

    @Test("A session that was to end after its prompts ends when the last of them is withdrawn")
    func lastPrompt() async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            let session = try await fixture.working()
            _ = try await fixture.sessions.commands.prompt("echo hers", to: session, by: kim)
            try await fixture.sessions.commands.finish(session, by: fixture.user)
            try await fixture.shutOut(.disabled)
            try await fixture.endTurn(of: session)
            #expect(try await fixture.sessions.queries.session(session).state.phase == .finishing)
        }
    }

    @Test("Who changes a prompt answers for it from then on")
    func edited() async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            let session = try await fixture.working()
            let adopted = try await fixture.sessions.commands.prompt("echo hers", to: session, by: kim).id
            let spoiled = try await fixture.sessions.commands.prompt("echo mine", to: session, by: fixture.user).id
            try await fixture.sessions.commands.edit(adopted, "echo checked", of: session, by: fixture.user)
            try await fixture.sessions.commands.edit(spoiled, "echo bad", of: session, by: kim)
            try await fixture.shutOut(.removed)
            try await fixture.endTurn(of: session)
            try await fixture.endTurn(of: session)
            #expect(try await fixture.states(of: session) == [adopted: .done, spoiled: .withdrawn])
        }
    }

    @Test("A prompt from before writers were recorded is delivered")
    func older() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.working()
            let old = try await fixture.sessions.commands.prompt("echo old", to: session, by: fixture.user).id
            _ = try await fixture.store.write { try $0.execute("UPDATE prompts SET user_id = NULL WHERE id = $1", old) }
            try await fixture.endTurn(of: session)
            #expect(try await fixture.states(of: session) == [old: .delivered])
        }
    }

    @Test("Nothing is stored of who lost the role while the request was under way")
    func writing() async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            let session = try await fixture.working()
            try await fixture.shutOut(.madeViewer)
            await #expect(throws: AccountsError.self) { _ = try await fixture.sessions.commands.prompt("echo hers", to: session, by: kim) }
            #expect(try await fixture.states(of: session) == [:])
        }
    }

    @Test("A prompt that waited for its session's start is withdrawn when that works with its own user's credential; the user's own is not")
    func ownCredential() async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            let session = try await fixture.working()
            let hers = try await fixture.sessions.commands.prompt("echo hers", to: session, by: kim).id
            let mine = try await fixture.sessions.commands.prompt("echo mine", to: session, by: fixture.user).id
            _ = try await fixture.store.write {
                try $0.execute(
                    """
                    INSERT INTO pins (session_id, provider, scope, credential_id, version, kind, mode, trace, made_at)
                    VALUES ($1, 'openai', 'user', 'c_1', 1, 'apiKey', 'brokered', '[]', 1)
                    """, session)
            }
            try await fixture.endTurn(of: session)
            #expect(try await fixture.states(of: session) == [hers: .withdrawn, mine: .delivered])
        }
    }
}

extension SessionsFixture {
    fileprivate static let first = PromptID(rawValue: "t_first")

    /// Another member of the project.
    func member(_ name: String) async throws -> UserID {
        let id = try await accounts.addUser(named: name, role: .member, by: user).id
        try await accounts.addMember(name, as: .member, to: project.id, by: user)
        return id
    }

    /// A session whose agent answers a prompt.
    fileprivate func working() async throws -> SessionID {
        let session = try await ready()
        try await sessions.changes.apply(.prompt(Self.first), to: session)
        #expect(try await sessions.queries.session(session).state.current == Self.first)
        return session
    }

    /// The agent ends its turn.
    fileprivate func endTurn(of session: SessionID) async throws {
        let current = try #require(try await sessions.queries.session(session).state.current)
        try await tell([.turnStarted(Turn(prompt: current)), .turnEnded(TurnEnd(prompt: current, stopReason: "end_turn"))], of: session)
    }

    fileprivate func shutOut(_ loss: PromptAuthorTests.Loss) async throws {
        switch loss {
        case .removed: try await accounts.removeMember("kim", from: project.id, by: user)
        case .madeViewer: try await accounts.setRole(.viewer, of: "kim", in: project.id, by: user)
        case .disabled: _ = try await accounts.disable("kim", by: user)
        }
    }

    fileprivate func states(of session: SessionID) async throws -> [PromptID: PromptState] {
        let prompts = try await sessions.queries.prompts(session, .init(limit: 100)).items
        return Dictionary(uniqueKeysWithValues: prompts.map { ($0.id, $0.state) })
    }

    fileprivate func commands(_ session: SessionID) async throws -> [String] {
        try await store.read {
            try $0.query("SELECT command FROM runner_commands WHERE session_id = $1", session).map { try $0.text("command") }
        }
    }
}
