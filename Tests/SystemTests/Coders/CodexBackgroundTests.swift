import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What the real Codex has running after its answer, in its sandbox, against the scripted provider.
@Suite("Codex in the background")
struct CodexBackgroundTests {
    private func make(_ file: String, in sam: SamFixture, _ id: String) throws {
        try Data().write(to: URL(filePath: sam.workspace(of: id) + "/" + file))
    }

    @Test(
        "A sub-agent and a command that end after the answer arrive on the branch; the next prompt goes meanwhile",
        arguments: CodexScript.models)
    func arrives(model: String) async throws {
        try await SamFixture.with { sam in
            try await sam.serveCodex(
                """
                turns:
                  - say: I begin both.
                    call:
                      \(CodexScript.spawn("helper"))
                  - call:
                      \(CodexScript.run(CodexScript.wait("go-command", then: "echo by a command > command.txt"), within: 250))
                  - say: Both run.
                  - say: The second answer.
                others:
                  - when: helper
                    turns:
                      - say: I am the sub-agent.
                        call:
                          \(CodexScript.run(CodexScript.wait("go-agent", then: "echo by an agent > agent.txt")))
                      - say: This is my report.
                """)
            let id = try await sam.startCodex("Write both", model: model)
            try await sam.waitForTurns(1, of: id)
            try await eventually("both are shown") {
                let session = try await sam.call(.GET, "/api/v1/sessions/\(id)")
                try #require(session["settled"] != true && session["phase"] == "working", "\(session.text)")
                let tasks = session["background"]?.elements ?? []
                return Set(tasks.compactMap { $0["kind"]?.string }) == ["agent", "command"]
                    && tasks.contains { $0["title"] == "helper" } && tasks.contains { $0["title"]?.string?.contains("go-command") == true }
            }
            #expect(try await sam.sam("sessions", "show", id).text.contains("2 background tasks"))
            try await sam.act("sessions", "prompt", id, "And now?")
            try await sam.waitForTurns(2, of: id)
            // It ends only when nothing runs.
            try await sam.act("sessions", "finish", id)
            #expect(try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "working")
            try make("go-command", in: sam, id)
            try await eventually("the command has ended") {
                let session = try await sam.call(.GET, "/api/v1/sessions/\(id)")
                try #require(session["settled"] != true, "\(session.text)")
                return session["background"]?.elements?.count == 1
            }
            try make("go-agent", in: sam, id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.phase == "completed", "\(ended)")
            #expect(try await sam.file("command.txt", of: ended) == "by a command\n")
            #expect(try await sam.file("agent.txt", of: ended) == "by an agent\n")

            #expect(session.payloads("turnEnded").count == 2 && session.payloads("turnEnded").allSatisfy { $0["isFollowUp"] == nil })
            let inner = session.payloads("message").filter { $0["parent"] != nil }
            let words = inner.compactMap { $0["text"]?.string }.joined()
            #expect(words.contains("I am the sub-agent.") && words.contains("This is my report."), "\(words)")
            let call = session.payloads("toolCall").first { $0["title"]?.string?.contains("gent") == true && $0["parent"] == nil }?["id"]
            #expect(call != nil && inner.allSatisfy { $0["parent"] == call })
            #expect(session.payloads("toolCall").contains { $0["title"]?.string?.contains("go-agent") == true && $0["parent"] == call })
            #expect(session.payloads("background").last?["tasks"] == [])
            #expect(session.said.contains("Both run.") && session.said.contains("The second answer."), "\(session.said)")
        }
    }

    @Test(
        "A turn that is stopped leaves nothing running, in the foreground or beside it, and the session continues",
        arguments: CodexScript.models)
    func stop(model: String) async throws {
        try await SamFixture.with { sam in
            let mark = "8\(UInt32.random(in: 100_000_000...999_999_999))"
            let idle = "tail -f /dev/null --sleep-interval=\(mark)"
            try await sam.serveCodex(
                """
                turns:
                  - say: I begin a lot.
                    call:
                      \(CodexScript.spawn("helper"))
                  - call:
                      \(CodexScript.run("touch one; \(idle)", within: 250))
                  - say: And now I wait.
                    call:
                      \(CodexScript.run("touch three; \(idle)"))
                  - say: I go on.
                others:
                  - when: helper
                    turns:
                      - call:
                          \(CodexScript.run("touch two; \(idle)"))
                      - say: This is never said.
                """)
            let id = try await sam.startCodex("Begin", model: model)
            try await eventually("all three run") {
                ["one", "two", "three"].allSatisfy { FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/" + $0) }
            }
            #expect(!SamFixture.processes(with: mark).isEmpty)
            try await sam.act("sessions", "cancel", id, "--turn")
            try await eventually("nothing runs") {
                let session = try await sam.call(.GET, "/api/v1/sessions/\(id)")
                try #require(session["settled"] != true, "\(session.text)")
                return session["phase"] == "ready" && SamFixture.processes(with: mark).isEmpty
            }
            let before = try await sam.log(of: id)
            #expect(before.last { $0["kind"] == "background" }?["payload"]?["tasks"] == [])
            let ends = before.filter { $0["kind"] == "turnEnded" }.compactMap { $0["payload"]?["stopReason"]?.string }
            #expect(ends == ["cancelled"])

            try await sam.act("sessions", "prompt", id, "Go on")
            try await sam.waitForTurns(2, of: id)
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.phase == "completed" && session.said.contains("I go on.") && !session.said.contains("never said"))
        }
    }

    @Test("What runs after the answer is stopped without a turn, and the session ends", arguments: CodexScript.models)
    func stopAfterwards(model: String) async throws {
        try await SamFixture.with { sam in
            let mark = "8\(UInt32.random(in: 100_000_000...999_999_999))"
            let idle = "tail -f /dev/null --sleep-interval=\(mark)"
            try await sam.serveCodex(
                """
                turns:
                  - say: I begin both.
                    call:
                      \(CodexScript.spawn("helper"))
                  - call:
                      \(CodexScript.run("touch one; \(idle)", within: 250))
                  - say: Both run.
                others:
                  - when: helper
                    turns:
                      - call:
                          \(CodexScript.run("touch two; \(idle)"))
                """)
            let id = try await sam.startCodex("Begin", model: model)
            try await sam.waitForTurns(1, of: id)
            try await eventually("both run") {
                ["one", "two"].allSatisfy { FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/" + $0) }
            }
            try await sam.act("sessions", "finish", id)
            try await sam.act("sessions", "cancel", id, "--turn")
            let ended = try await sam.finish(id)
            #expect(ended["phase"] == "completed" && SamFixture.processes(with: mark).isEmpty, "\(ended)")
        }
    }

    @Test("A sub-agent asks for a permission after the turn's end, and gets it", arguments: CodexScript.models)
    func askedLater(model: String) async throws {
        try await SamFixture.with { sam in
            try await sam.serveCodex(
                """
                turns:
                  - say: I begin it.
                    call:
                      \(CodexScript.spawn("helper"))
                  - say: It runs.
                others:
                  - when: helper
                    turns:
                      - stall: 3
                        call:
                          \(CodexScript.run("touch made"))
                      - say: It is made.
                """)
            let id = try await sam.startCodex("Have it made", model: model, permissions: "ask")
            try await sam.waitForTurns(1, of: id)
            let question = try await sam.question(of: id)
            #expect(question["title"]?.string?.contains("touch made") == true && question["parent"] != nil, "\(question)")
            let names = question["options"]?.elements?.compactMap { $0["name"]?.string }
            #expect(names == ["Allow", "Allow this very command from now on", "Refuse"])
            #expect(try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "working")
            try await sam.act("sessions", "answer", id, "allow")
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.phase == "completed", "\(ended)")
            #expect(try await sam.file("made", of: ended) == "")
            let kinds = session.events.compactMap { $0["kind"]?.string }
            let turn = try #require(kinds.firstIndex(of: "turnEnded"))
            #expect(try #require(kinds.firstIndex(of: "permission")) > turn)
            let call = session.payloads("toolCall").first { $0["kind"] == "think" }?["id"]
            #expect(call != nil && session.payloads("permission").allSatisfy { $0["parent"] == call })
        }
    }

    /// The goal takes a second turn, which waits for the file `go`.
    private static let goal = """
        turns:
          - say: I set a goal.
            call:
              \(CodexScript.call("create_goal", ["objective": "Do it all"]))
          - say: The first part.
          - say: I go on by myself.
            call:
              \(CodexScript.run(CodexScript.wait("go", then: "echo by itself > itself.txt")))
          - say: That is all.
            call:
              \(CodexScript.call("update_goal", ["status": "complete"]))
          - say: The goal is reached.
          - say: The answer to the person.
        """

    private func goesOn(_ sam: SamFixture, _ id: String) async throws {
        try await eventually("it goes on by itself") { try await sam.log(of: id).count { $0["kind"] == "turnStarted" } == 2 }
    }

    @Test("A turn that it begins by itself for a goal is a follow-up, and a prompt meanwhile is answered after it")
    func goal() async throws {
        try await SamFixture.with { sam in
            try await sam.serveCodex(Self.goal)
            let id = try await sam.startCodex("Do it all", model: "gpt-5.5")
            try await sam.waitForTurns(1, of: id)
            try await goesOn(sam, id)
            try await sam.act("sessions", "prompt", id, "And then?")
            try make("go", in: sam, id)
            try await sam.waitForTurns(3, of: id)
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.payloads("turnEnded").map { $0["isFollowUp"] == true } == [false, true, false])
            #expect(session.said.contains("The goal is reached.") && session.said.hasSuffix("The answer to the person."), "\(session.said)")
            #expect(try await sam.file("itself.txt", of: ended) == "by itself\n")
        }
    }

    @Test("A session that ends by itself ends when its goal is reached, and not before")
    func goalToTheEnd() async throws {
        try await SamFixture.with { sam in
            try await sam.serveCodex(Self.goal)
            let id = try await sam.startCodex("Do it all", model: "gpt-5.5", ending: "whenIdle")
            try await goesOn(sam, id)
            let session = try await sam.call(.GET, "/api/v1/sessions/\(id)")
            #expect(session["phase"] == "working", "\(session.text)")
            #expect(session["background"]?.elements?.compactMap { $0["title"]?.string } == ["Goal: Do it all"], "\(session.text)")
            try make("go", in: sam, id)
            let ended = try await sam.finish(id)
            let finished = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(finished.phase == "completed", "\(ended)")
            #expect(finished.payloads("turnEnded").map { $0["isFollowUp"] == true } == [false, true])
            #expect(finished.said.contains("The goal is reached."), "\(finished.said)")
            #expect(finished.payloads("background").last?["tasks"] == [])
            #expect(try await sam.file("itself.txt", of: ended) == "by itself\n")
        }
    }

    @Test("A goal that is stopped is not taken up by the next prompt")
    func goalStopped() async throws {
        try await SamFixture.with { sam in
            try await sam.serveCodex(
                """
                turns:
                  - say: I set a goal.
                    call:
                      \(CodexScript.call("create_goal", ["objective": "Do it all"]))
                  - say: The first part.
                  - say: I go on by myself.
                    call:
                      \(CodexScript.run(CodexScript.wait("go", then: "echo by itself > itself.txt")))
                  - say: The answer to the person.
                  - say: This is never said.
                """)
            let id = try await sam.startCodex("Do it all", model: "gpt-5.5")
            try await sam.waitForTurns(1, of: id)
            try await goesOn(sam, id)
            try await sam.act("sessions", "cancel", id, "--turn")
            try await eventually("nothing runs") { try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "ready" }
            try await sam.act("sessions", "prompt", id, "Something else")
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.phase == "completed" && session.said.hasSuffix("The answer to the person."), "\(session.said)")
            #expect(session.payloads("turnEnded").map { $0["isFollowUp"] == true } == [false, true, false])
        }
    }
}
