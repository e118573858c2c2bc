import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Credential sync")
struct SyncTests {
    // MARK: - The three cases of the defect

    @Test("active project credential → it is updated")
    func activeProjectCredential() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("user1"))
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("project1"), "--project", "project")
            let id = try await sam.startIdle(agent: "codex-like")
            let before = try await sam.rows()
            let reply = try await sam.sync(SamFixture.authFile("project2"), from: id)
            #expect(reply.status == 200)
            #expect(reply.json == ["success": .bool(true), "updated": .bool(true), "scope": "project", "version": .integer(2)])
            let after = try await sam.rows()
            #expect(
                before["credentials"]?.filter { $0.contains("scope=text(\"user\")") }
                    == after["credentials"]?.filter { $0.contains("scope=text(\"user\")") })
            #expect(before["bindings"] == after["bindings"])
            #expect(before["credentials"] != after["credentials"])
        }
    }

    @Test("inactive project credential → credential_not_found, and every row of every table but audit, notifications and held is as before")
    func inactiveProjectCredential() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("user1"))
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("project1"), "--project", "project")
            let id = try await sam.startIdle(agent: "codex-like")
            let off = try await sam.sam("credentials", "off", "openai-chatgpt", "--project", "project", "--reason", "not now")
            #expect(off.termination == .exited(0), "\(off.standardError)")
            let before = try await sam.rows(except: ["audit", "notifications", "held"])
            let reply = try await sam.sync(SamFixture.authFile("project2"), from: id)
            #expect(reply.status == 200)
            #expect(reply.json == ["success": .bool(false), "reason": "credential_not_found"])
            #expect(try await sam.rows(except: ["audit", "notifications", "held"]) == before)
            #expect(try await sam.rows()["held"]?.count == 1)
            let told = try await sam.json("notifications", "list")["notifications"]
            guard case .array(let notifications)? = told else { return }
            #expect(notifications.map { $0["kind"]?.string } == ["syncDeclined"])

            // And the same act by a layer that is on again succeeds: on revives the session.
            _ = try await sam.sam("credentials", "on", "openai-chatgpt", "--project", "project")
            #expect(try await sam.sync(SamFixture.authFile("project2"), from: id)["version"] == .integer(2))
        }
    }

    @Test("An agent whose entry is gone from the catalogue gives its credential back all the same")
    func goneEntry() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("user1"))
            let id = try await sam.startIdle(agent: "codex-like")
            try sam.write("agents: []\n", to: "home/agents.yaml")
            #expect(try await sam.json("agents")["agents"]?.elements?.contains { $0["id"] == "codex-like" } == false)
            #expect(try await sam.sync(SamFixture.authFile("user2"), from: id)["version"] == .integer(2))
            #expect(try await sam.sync(SamFixture.authFile("user3"), from: id, agent: "nobody").status == 400)
        }
    }

    @Test("no project credential → the user's is updated")
    func noProjectCredential() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("user1"))
            let id = try await sam.startIdle(agent: "codex-like")
            // An active project binding that appears meanwhile gets nothing.
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("project1"), "--project", "project")
            let reply = try await sam.sync(SamFixture.authFile("user2"), from: id)
            #expect(reply.json == ["success": .bool(true), "updated": .bool(true), "scope": "user", "version": .integer(2)])
            let versions = try await sam.credentials().map { "\($0["scope"]?.string ?? "") \($0["version"] ?? .null)" }
            #expect(versions.sorted() == ["project \(JSONValue.integer(1))", "user \(JSONValue.integer(2))"])
        }
    }

    // MARK: - The door

    @Test("Only the session's own runner gives its credential back, in a body that is right")
    func door() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("one1"))
            let id = try await sam.startIdle(agent: "codex-like")
            let other = try await sam.startIdle(agent: "shell")
            let before = try await sam.rows(except: ["audit"])
            let new = SamFixture.authFile("one2")
            let token = try sam.runnerToken(of: id)

            #expect(try await sam.sync(new, from: id, as: "").status == 401, "no token")
            #expect(try await sam.sync(new, from: id, as: "sam_lease_of_nobody").status == 401, "a token of nobody's")
            #expect(try await sam.sync(new, from: id, as: try sam.ownerToken()).status == 403, "a person's token")
            #expect(try await sam.sync(new, from: id, as: try sam.runnerToken(of: other)).status == 404, "another session's token")
            #expect(try await sam.sync(new, from: "s_000000000000", as: token).status == 404, "another session")
            #expect(try await sam.sync(new, from: id, agent: "no-such-agent").status == 400)
            #expect(try await sam.sync(new, from: id, agent: "keyed")["reason"] == "credential_not_found", "another agent")
            let path = "/api/v1/sessions/\(id)/credential-sync"
            for (body, status) in [
                ("{", 400), ("", 400), ("[]", 400), (#"{"agentType":"codex-like","credentialKind":"oauth"}"#, 400),
                (#"{"agentType":"codex-like","credentialKind":"password","credential":"x"}"#, 400),
                (#"{"agentType":"codex-like","credentialKind":"oauth","credential":7}"#, 400),
                (
                    #"{"agentType":"codex-like","credentialKind":"oauth","credential":""# + String(repeating: "x", count: 70_000) + "\"}",
                    413
                ),
            ] {
                let reply = try await sam.call(.POST, path, as: token, bytes: Data(body.utf8))
                #expect(reply.status == status, "\(body.prefix(80)): \(reply.text)")
                #expect(reply.contentType == "application/problem+json")
                #expect(!reply.text.contains("xxxx"), "What was sent is not quoted")
            }
            let kind = try await sam.call(
                .POST, path, as: token, ["agentType": "codex-like", "credentialKind": "apiKey", "credential": "key"])
            #expect(kind["reason"] == "credential_not_found", "another kind")
            #expect(try await sam.rows(except: ["audit"]) == before, "None of it changed anything")

            #expect(try await sam.sync(new, from: id)["updated"] == .bool(true), "And the rightful one succeeds")
            #expect(try await sam.sync(new, from: id)["updated"] == .bool(false), "twice")
            #expect(try await sam.sync(SamFixture.authFile("x", account: "acct_2"), from: id)["reason"] == "invalid")

            _ = try await sam.sam("sessions", "finish", id)
            try await sam.finish(id)
            #expect(try await sam.sync(SamFixture.authFile("one3"), from: id, as: token).status == 409, "long after it was settled")
        }
    }

    @Test("A body that lies about its length is not waited for beyond what it may have, and changes nothing")
    func lyingLength() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("one1"))
            let id = try await sam.startIdle(agent: "codex-like")
            let before = try await sam.rows(except: ["audit"])
            // Less than announced: the connection ends in the middle of the body. More: the rest is another request, and none.
            let body = #"{"agentType":"codex-like","credentialKind":"oauth","credential":"x"}"#
            for length in [10, 1_000_000] {
                let request = """
                    POST /api/v1/sessions/\(id)/credential-sync HTTP/1.1\r
                    Host: sam\r
                    Authorization: Bearer \(try sam.runnerToken(of: id))\r
                    Content-Length: \(length)\r
                    Connection: close\r
                    \r
                    \(body)
                    """
                let answer = try await RawConnection.exchange(Data(request.utf8), with: sam.home + "/control.sock")
                #expect(!answer.contains("\"success\":true"), "\(length): \(answer)")
            }
            #expect(try await sam.rows(except: ["audit"]) == before)
        }
    }

    // MARK: - From the runner

    @Test("A sign-in that the agent rotates in mid-session is stored before the session ends, and the file is gone afterwards")
    func rotation() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("tok1"))
            let id = try await sam.startIdle(agent: "codex-like")
            let file = "\(sam.home)/sessions/\(id)/home/.codex/auth.json"
            #expect(FileManager.default.contents(atPath: file) == Data(SamFixture.authFile("tok1").utf8))
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
            #expect(
                try FileManager.default.attributesOfItem(atPath: (file as NSString).deletingLastPathComponent)[.posixPermissions] as? Int
                    == 0o700)
            for (old, new, version) in [("tok1", "tok2", 2), ("tok2", "tok3", 3)] {
                _ = try await sam.sam("sessions", "prompt", id, SamFixture.rotation(from: old, to: new))
                try await eventually("\(new) is stored") { try await sam.credentials().first?["version"] == .integer(version) }
            }
            #expect(try await sam.call(.GET, "/api/v1/sessions/\(id)")["settled"] == .bool(false), "It was stored while the session ran")
            _ = try await sam.sam("sessions", "finish", id)
            let finished = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(finished.phase == "completed", "\(finished.failureMessage)")
            #expect(!FileManager.default.fileExists(atPath: file))
            #expect(finished.payloads("credential").first?["scope"] == "user")
            #expect(finished.payloads("credential").first?["mode"] == "materialised")

            // The next session gets the newest.
            let next = try await sam.run(project: "project", agent: "codex-like", "cat $HOME/.codex/auth.json")
            #expect(next.said.contains("tok3") && !next.said.contains("tok2"))
            let notifications = try await sam.json("notifications", "list")["notifications"]
            #expect(notifications == .array([]), "Half of a file was never taken for a change: \(notifications ?? .null)")
        }
    }

    /// The ways in which a session can end right after its agent has rotated.
    enum Ending: String, CaseIterable, CustomTestStringConvertible {
        case completed, failed, cancelled, runnerKilled, serverAndRunnerKilled
        var testDescription: String { rawValue }
    }

    @Test("However the session ends, the last rotation is stored and the file is gone", arguments: Ending.allCases)
    func endings(_ ending: Ending) async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("tok1"))
            let id = try await sam.startIdle(agent: "codex-like")
            let quick = "f=$HOME/.codex/auth.json; new=$(sed 's/tok1/tok2/g' $f); printf '%s\\n' \"$new\" > $f; touch rotated; "
            let then: [Ending: String] = [.completed: "true", .failed: "kill -9 $PPID"]
            _ = try await sam.sam("sessions", "prompt", id, quick + then[ending, default: "sleep 1000"])
            let workspace = "\(sam.home)/sessions/\(id)/workspace"
            switch ending {
            case .completed: _ = try await sam.sam("sessions", "finish", id)
            case .failed: break
            case .cancelled, .runnerKilled, .serverAndRunnerKilled:
                try await eventually("the agent has rotated") { FileManager.default.fileExists(atPath: workspace + "/rotated") }
                let runner = FileLock.holder(path: "\(sam.home)/sessions/\(id)/attempt-1/lock")
                switch ending {
                case .cancelled: _ = try await sam.sam("sessions", "cancel", id)
                case .runnerKilled: kill(try #require(runner), SIGKILL)
                default:
                    kill(server, SIGKILL)
                    kill(try #require(runner), SIGKILL)
                    try await sam.killHard(server)
                    try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
                    try await sam.serve()
                }
            }
            let session = try await sam.finish(id)
            let phases: [Ending: String] = [.completed: "completed", .failed: "failed", .cancelled: "cancelled"]
            #expect(session["phase"]?.string == phases[ending, default: "interrupted"])
            #expect(try await sam.credentials().first?["version"] == .integer(2))
            #expect(!FileManager.default.fileExists(atPath: "\(sam.home)/sessions/\(id)/home/.codex/auth.json"))
            let next = try await sam.run(project: "project", agent: "codex-like", "cat $HOME/.codex/auth.json")
            #expect(next.said.contains("tok2") && !next.said.contains("tok1"), "\(next.said) \(next.failureMessage)")
        }
    }

    @Test("A rotation while the server is away is given back when it is there again")
    func serverAway() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("tok1"))
            let id = try await sam.startIdle(agent: "codex-like")
            let wait = "while [ ! -e go ]; do sleep 0.05; done; "
            _ = try await sam.sam("sessions", "prompt", id, wait + SamFixture.rotation(from: "tok1", to: "tok2") + "; touch rotated")
            let workspace = "\(sam.home)/sessions/\(id)/workspace"
            try await sam.killHard(server)
            try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
            try sam.write("", to: "home/sessions/\(id)/workspace/go")
            try await eventually("the agent has rotated") { FileManager.default.fileExists(atPath: workspace + "/rotated") }
            try await sam.serve()
            try await eventually("the rotation is stored") { try await sam.credentials().first?["version"] == .integer(2) }
            #expect(try await sam.call(.GET, "/api/v1/sessions/\(id)")["settled"] == .bool(false))
            _ = try await sam.sam("sessions", "finish", id)
            #expect(try await sam.finish(id)["phase"] == "completed")
        }
    }

    @Test("A file that the agent replaced by a link, a pipe or a folder leads nowhere, and its own file is taken")
    func hostileFiles() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            // What a link could lead to: another session's sign-in would be a valid one.
            try sam.write(SamFixture.authFile("stolen"), to: "elsewhere.json")
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("tok1"))
            for trick in [
                "rm -f $f; ln -s \(sam.scratch)/elsewhere.json $f", "rm -f $f; mkfifo $f", "rm -f $f; mkdir $f",
                "chmod 000 $f; chmod 000 $HOME/.codex",
                "rm -rf $HOME/.codex; ln -s \(sam.scratch) $HOME/.codex; cp \(sam.scratch)/elsewhere.json $f",
            ] {
                let finished = try await sam.run(project: "project", agent: "codex-like", "f=$HOME/.codex/auth.json; \(trick); true")
                #expect(finished.phase == "completed", "\(trick): \(finished.failureMessage)")
                #expect(try await sam.credentials().first?["version"] == .integer(1), "\(trick)")
                #expect(FileManager.default.contents(atPath: sam.scratch + "/elsewhere.json") == Data(SamFixture.authFile("stolen").utf8))
            }
            let honest = "f=$HOME/.codex/auth.json; new=$(sed 's/tok1/tok2/g' $f); printf '%s\\n' \"$new\" > $f"
            _ = try await sam.run(project: "project", agent: "codex-like", honest)
            #expect(try await sam.credentials().first?["version"] == .integer(2))
        }
    }

    // MARK: - The queue

    @Test("One session at a time has a sign-in as a file; the other waits, says what for, and starts when it is given back")
    func oneAtATime() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            try await sam.setCredential("openai-chatgpt", SamFixture.authFile("tok1"))
            let first = try await sam.startIdle(agent: "codex-like")
            let second = try await sam.start(project: "project", agent: "codex-like", "cat $HOME/.codex/auth.json")
            try await eventually("the second says what it waits for") {
                try await sam.json("sessions", "show", second)["waitingFor"]?.string?.contains(first) == true
            }
            let bystander = try await sam.run(project: "project", agent: "shell", "echo hello")
            #expect(bystander.phase == "completed", "Others pass it by")
            #expect(try await sam.json("sessions", "show", second)["phase"] == "queued")
            _ = try await sam.sam("sessions", "prompt", first, SamFixture.rotation(from: "tok1", to: "tok2"))
            _ = try await sam.sam("sessions", "finish", first)
            let finished = FinishedSession(session: try await sam.finish(second), events: try await sam.events(second))
            #expect(finished.phase == "completed" && finished.said.contains("tok2"), "\(finished.said)")
        }
    }
}
