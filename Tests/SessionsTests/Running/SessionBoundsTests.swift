import Accounts
import AgentProtocol
import Settings
import Store
import Testing
import Workspaces

@testable import Sessions

/// What stands around an agent is judged when it begins, and not only when its session was created.
@Suite("What a session's agent begins with")
struct SessionBoundsTests {
    // MARK: - The sandbox

    @Test("A session from before its project had a sandbox begins in one, at whatever step that came", arguments: ["queued", "preparing"])
    func sandboxTurnedOn(step: String) async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.createBare()
            if step == "preparing" {
                fixture.host.stop(at: .prepare(session, step: 1))
                await fixture.sessions.supervisor.supervise()
                await fixture.host.reached(.prepare(session, step: 1))
            }
            _ = try await fixture.accounts.setSandbox(.bubblewrap, of: "project", by: fixture.user)
            if step == "preparing" {
                await fixture.host.goOn(from: .prepare(session, step: 1))
            } else {
                await fixture.sessions.supervisor.supervise()
            }
            await fixture.host.launched(session)
            #expect(fixture.host.lastLaunch(of: session)?.project.sandbox == .bubblewrap)
            #expect(try await fixture.sessions.queries.session(session).sandbox == .bubblewrap)
            #expect(try await fixture.notes(of: session).contains { $0.contains("now has a sandbox") })
        }
    }

    @Test("A session that was created with a sandbox keeps it, also when its project has none by then; one without runs without")
    func sandboxTurnedOff() async throws {
        try await SessionsFixture.with { fixture in
            let sandboxed = try await fixture.create()
            let bare = try await fixture.createBare()
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(sandboxed)
            await fixture.host.launched(bare)
            #expect(fixture.host.lastLaunch(of: sandboxed)?.project.sandbox == .bubblewrap)
            #expect(fixture.host.lastLaunch(of: bare)?.project.sandbox == Project.Sandbox.none)
        }
    }

    @Test(
        "Without a sandbox nothing begins on a server with two users, at whatever step the second came; beside it what has one does",
        arguments: ["queued", "preparing"])
    func secondUser(step: String) async throws {
        try await SessionsFixture.with { fixture in
            let sandboxed = try await fixture.create()
            let bare = try await fixture.createBare()
            if step == "preparing" {
                fixture.host.stop(at: .prepare(bare, step: 1))
                await fixture.sessions.supervisor.supervise()
                await fixture.host.reached(.prepare(bare, step: 1))
            }
            // As another process does, or a restored database: nothing of SAM's lets one in now.
            _ = try await fixture.store.write {
                try $0.execute("INSERT INTO users (id, name, role, created_at) VALUES ('u_2', 'kim', 'member', 1)")
            }
            if step == "preparing" {
                await fixture.host.goOn(from: .prepare(bare, step: 1))
            } else {
                await fixture.sessions.supervisor.supervise()
            }
            try await fixture.until(bare) { $0.isSettled }
            let state = try await fixture.sessions.queries.session(bare).state
            #expect(state.phase == .failed && state.failure?.code == "sandbox")
            #expect(state.failure?.message.contains("has a second user") == true, "\(state.failure?.message ?? "")")
            #expect(fixture.host.launches(of: bare) == [])
            await fixture.host.launched(sandboxed)
        }
    }

    @Test("No second user comes while a session without a sandbox waits or runs, and one does once it is over")
    func addingUser() async throws {
        try await SessionsFixture.with { fixture in
            func add() async throws {
                _ = try await fixture.accounts.addUser(
                    named: "kim", role: .member, by: fixture.user, check: SessionQueries.checkNothingRunsBare)
            }
            let bare = try await fixture.createBare()
            await #expect(throws: AccountsError.self, "The project has none") { try await add() }
            _ = try await fixture.accounts.setSandbox(.bubblewrap, of: "project", by: fixture.user)
            await #expect {
                try await add()
            } throws: { error in
                (error as? SessionsError)?.code == .wrongState && "\(error)".contains(bare.rawValue)
            }
            #expect(try await fixture.accounts.users(PageRequest(limit: 10)).items.count == 1)
            try await fixture.sessions.commands.cancel(bare, by: fixture.user)
            try await fixture.until(bare) { $0.isSettled }
            try await add()
        }
    }

    // MARK: - What it may do without asking

    @Test("A wish above what a layer allows is refused, and the layer is named; what is stricter or as strict is granted")
    func wishes() async throws {
        try await SessionsFixture.with { fixture in
            for (owner, scope) in [
                (ScopeOwner.project(fixture.project.id), "project"), (.user(fixture.user), "user"), (.platform, "platform"),
            ] {
                try await fixture.settings.set(.permissions, to: "edits", at: owner, by: fixture.user)
                await #expect {
                    _ = try await fixture.create(permissions: .everything)
                } throws: { error in
                    (error as? SessionsError)?.code == .forbidden && "\(error)".contains("the \(scope) scope allows, which is “edits”")
                        && "\(error)".contains("agents.permissions")
                }
                for wish in [PermissionMode.ask, .edits] {
                    let session = try await fixture.create(permissions: wish)
                    #expect(try await fixture.sessions.queries.session(session).permissions == wish)
                }
                try await fixture.settings.clear(.permissions, at: owner, by: fixture.user)
            }
            let free = try await fixture.create(permissions: .everything)
            #expect(try await fixture.sessions.queries.session(free).permissions == .everything, "No layer says anything")
        }
    }

    @Test("A session that waits is judged again when it begins", arguments: ["queued", "preparing"])
    func waiting(step: String) async throws {
        try await SessionsFixture.with { fixture in
            let loose = try await fixture.create(permissions: .everything)
            let strict = try await fixture.create(permissions: .ask)
            if step == "preparing" {
                fixture.host.stop(at: .prepare(loose, step: 1))
                await fixture.sessions.supervisor.supervise()
                await fixture.host.reached(.prepare(loose, step: 1))
            }
            try await fixture.settings.set(.permissions(of: "shell"), to: "edits", at: .project(fixture.project.id), by: fixture.user)
            if step == "preparing" {
                await fixture.host.goOn(from: .prepare(loose, step: 1))
            } else {
                await fixture.sessions.supervisor.supervise()
            }
            for (session, mode) in [(loose, PermissionMode.edits), (strict, .ask)] {
                await fixture.host.launched(session)
                #expect(fixture.host.lastLaunch(of: session)?.permissions == mode)
                #expect(try await fixture.sessions.queries.session(session).permissions == mode)
                #expect(try await fixture.notes(of: session).contains { $0.contains("agents.shell.permissions") } == (session == loose))
            }
        }
    }

    @Test(
        "A session that goes on with another is as strict as that one, and as today's layers",
        arguments: [
            (PermissionMode.everything, String?.none, PermissionMode.everything), (.everything, "ask", .ask),
            (.everything, "edits", .edits),
            (.ask, nil, .ask), (.ask, "everything", .ask), (.edits, "everything", .edits), (.edits, "ask", .ask),
        ])
    func resumed(earlier: PermissionMode, today: String?, expected: PermissionMode) async throws {
        try await SessionsFixture.with { fixture in
            let first = try await fixture.create(permissions: earlier)
            try await fixture.sessions.commands.cancel(first, by: fixture.user)
            try await fixture.until(first) { $0.isSettled }
            if let today {
                try await fixture.settings.set(.permissions, to: today, at: .project(fixture.project.id), by: fixture.user)
            }
            let second = try await fixture.sessions.commands.resume(
                try await fixture.sessions.queries.session(first), in: fixture.project, task: "Go on.", ending: .onRequest, by: fixture.user
            )
            #expect(second.permissions == expected)
            let isTold = try await fixture.notes(of: second.id).contains { $0.contains("at most (agents.permissions)") }
            #expect(isTold == (expected < earlier))
        }
    }

    @Test("An agent at work is bounded when a layer becomes stricter, and hears it once; others are left alone")
    func live() async throws {
        try await SessionsFixture.with { fixture in
            let loose = try await fixture.create(permissions: .everything)
            let strict = try await fixture.create(permissions: .ask)
            await fixture.sessions.supervisor.supervise()
            for session in [loose, strict] { await fixture.host.launched(session) }
            for mode in ["edits", "edits", "everything", "ask"] {
                try await fixture.settings.set(.permissions, to: mode, at: .project(fixture.project.id), by: fixture.user)
                try await fixture.sessions.permissions.apply()
            }
            let heard = try await fixture.sessions.queries.session(loose)
            #expect(heard.permissions == .ask)
            let commands = try await fixture.sessions.runners.commands(loose, attempt: 1, after: 0).map(\.command)
            #expect(commands == [.permissions(.edits), .permissions(.ask)])
            #expect(try await fixture.sessions.runners.commands(strict, attempt: 1, after: 0).isEmpty)
            #expect(try await fixture.notes(of: loose).count { $0.contains(" now ") } == 2)
        }
    }
}

extension SessionsFixture {
    fileprivate func create(permissions: PermissionMode) async throws -> SessionID {
        try await sessions.commands.create(
            project: project, agent: "shell", task: nil, ending: .onRequest, permissions: permissions, by: user
        ).id
    }

    /// A session from while its project has no sandbox.
    fileprivate func createBare() async throws -> SessionID {
        let bare = try await accounts.setSandbox(.none, of: "project", by: user)
        return try await sessions.commands.create(project: bare, agent: "shell", task: nil, ending: .onRequest, by: user).id
    }

    func notes(of session: SessionID) async throws -> [String] {
        try await sessions.queries.events(session, after: 0).filter { $0.kind == "note" }.compactMap { $0.payload["text"]?.string }
    }
}
