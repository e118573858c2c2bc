import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What the real Claude Code has running after its answer, in its sandbox, against the scripted provider.
@Suite("Claude Code in the background")
struct ClaudeCodeBackgroundTests {
    /// Waits for a file that the test makes.
    private static func wait(_ file: String, then command: String) -> String {
        "until [ -e /workspace/\(file) ]; do sleep 0.1; done; \(command)"
    }

    private static func background(_ command: String, _ description: String) -> String {
        #"{name: Bash, input: {command: "\#(command)", description: \#(description), run_in_background: true}}"#
    }

    private static func agent(_ prompt: String, _ description: String) -> String {
        "{name: Agent, input: {description: \(description), prompt: \(prompt), subagent_type: general-purpose, run_in_background: true}}"
    }

    private func make(_ file: String, in sam: SamFixture, _ id: String) throws {
        try Data().write(to: URL(filePath: sam.workspace(of: id) + "/" + file))
    }

    @Test("A sub-agent and a command that end after the answer arrive on the branch; the next prompt goes meanwhile")
    func arrives() async throws {
        try await SamFixture.with { sam in
            try await ClaudeCodeTests.prepare(
                sam,
                """
                turns:
                  - say: I begin both.
                    call:
                      - \(Self.background(Self.wait("go-command", then: "echo by a command > command.txt"), "write by a command"))
                      - \(Self.agent("SUBTASK write agent.txt", "write by an agent"))
                  - say: Both run.
                  - say: The second answer.
                  - say: One has ended.
                  - say: Everything has ended.
                others:
                  - when: SUBTASK
                    turns:
                      - say: I am the sub-agent.
                        call:
                          - {name: Bash, input: {command: "\(Self.wait("go-agent", then: "true"))", description: Wait}}
                      - call:
                          - {name: Write, input: {file_path: /workspace/agent.txt, content: "by an agent\\n"}}
                      - say: This is my report.
                """)
            let id = try await sam.start("claude-code", "Write both", permissions: "everything")
            try await sam.waitForTurns(1, of: id)
            try await eventually("both are shown") {
                let session = try await sam.call(.GET, "/api/v1/sessions/\(id)")
                try #require(session["settled"] != true && session["phase"] == "working", "\(session.text)")
                let titles = session["background"]?.elements?.compactMap { $0["title"]?.string } ?? []
                return Set(titles) == ["write by a command", "write by an agent"]
            }
            #expect(try await sam.sam("sessions", "show", id).text.contains("2 background tasks"))
            try await sam.act("sessions", "prompt", id, "And now?")
            try await sam.waitForTurns(2, of: id)
            // It ends only when nothing runs.
            try await sam.act("sessions", "finish", id)
            #expect(try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "working")
            try make("go-command", in: sam, id)
            try await sam.waitForTurns(3, of: id)
            try make("go-agent", in: sam, id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.phase == "completed", "\(ended)")
            #expect(try await sam.file("command.txt", of: ended) == "by a command\n")
            #expect(try await sam.file("agent.txt", of: ended) == "by an agent\n")

            let prompts = session.payloads("turnEnded").compactMap { $0["prompt"]?.string }
            #expect(session.payloads("turnEnded").map { $0["isFollowUp"] == true } == [false, false, true, true])
            #expect(Set([prompts[0], prompts[2], prompts[3]]).count == 1 && prompts[1] != prompts[0], "Both were for the first prompt")
            let inner = session.payloads("message").filter { $0["parent"] != nil }
            let words = inner.compactMap { $0["text"]?.string }.joined()
            #expect(words.contains("I am the sub-agent.") && words.contains("This is my report."), "\(words)")
            let call = session.payloads("toolCall").first { $0["title"] == "Agent: write by an agent" }?["id"]
            #expect(call != nil && inner.allSatisfy { $0["parent"] == call })
            #expect(session.payloads("toolCall").contains { $0["title"] == "Write /workspace/agent.txt" && $0["parent"] == call })
            #expect(session.payloads("background").last?["tasks"] == [])
        }
    }

    @Test("Two that end together lose nothing: the session waits for what it makes of both")
    func together() async throws {
        try await SamFixture.with { sam in
            try await ClaudeCodeTests.prepare(
                sam,
                """
                turns:
                  - say: I begin both.
                    call:
                      - \(Self.background(Self.wait("go", then: "true"), "first"))
                      - \(Self.background(Self.wait("go", then: "true"), "second"))
                  - say: Both run.
                  - say: I write what came of it.
                    call:
                      - {name: Write, input: {file_path: /workspace/report.txt, content: "both\\n"}}
                  - say: It is written.
                """)
            let reply = try await sam.call(
                .POST, "/api/v1/sessions",
                [
                    "project": "project", "agent": "claude-code", "provider": "rehearsal", "ending": "whenIdle", "prompt": "Do both",
                    "permissions": "everything",
                ])
            let id = try #require(reply["id"]?.string, "\(reply.text)")
            try await sam.waitForTurns(1, of: id)
            try make("go", in: sam, id)
            let ended = try await sam.finish(id)
            #expect(ended["phase"] == "completed", "\(ended)")
            #expect(try await sam.file("report.txt", of: ended) == "both\n")
        }
    }

    @Test("A turn that is stopped leaves nothing running, in the foreground or beside it, and the session continues")
    func stop() async throws {
        try await SamFixture.with { sam in
            let mark = "8\(UInt32.random(in: 100_000_000...999_999_999))"
            try await ClaudeCodeTests.prepare(
                sam,
                """
                turns:
                  - say: I begin a lot.
                    call:
                      - \(Self.background("touch one; sleep \(mark)", "a command"))
                      - \(Self.agent("SUBTASK wait", "an agent"))
                  - say: And now I wait.
                    call:
                      - {name: Bash, input: {command: "touch three; tail -f /dev/null --sleep-interval=\(mark)", description: Wait}}
                  - say: I go on.
                others:
                  - when: SUBTASK
                    turns:
                      - call:
                          - {name: Bash, input: {command: "touch two; tail -f /dev/null --sleep-interval=\(mark)", description: Wait}}
                      - say: This is never said.
                """)
            let id = try await sam.start("claude-code", "Begin", permissions: "everything")
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
            let before = try await sam.call(.GET, "/api/v1/sessions/\(id)/events?limit=1000")["events"]?.elements ?? []
            #expect(before.last { $0["kind"] == "background" }?["payload"]?["tasks"] == [])
            let ends = before.filter { $0["kind"] == "turnEnded" }.compactMap { $0["payload"]?["stopReason"]?.string }
            #expect(!ends.isEmpty && ends.allSatisfy { $0 == "cancelled" }, "\(ends)")

            try await sam.act("sessions", "prompt", id, "Go on")
            try await sam.waitForTurns(ends.count + 1, of: id)
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.phase == "completed" && session.said.contains("I go on.") && !session.said.contains("never said"))
        }
    }

    @Test("What runs after the answer is stopped without a turn, and the session ends")
    func stopAfterwards() async throws {
        try await SamFixture.with { sam in
            let mark = "8\(UInt32.random(in: 100_000_000...999_999_999))"
            try await ClaudeCodeTests.prepare(
                sam,
                """
                turns:
                  - say: I begin both.
                    call:
                      - \(Self.background("touch one; sleep \(mark)", "a command"))
                      - \(Self.agent("SUBTASK wait", "an agent"))
                  - say: Both run.
                others:
                  - when: SUBTASK
                    turns:
                      - call:
                          - {name: Bash, input: {command: "touch two; tail -f /dev/null --sleep-interval=\(mark)", description: Wait}}
                """)
            let id = try await sam.start("claude-code", "Begin", permissions: "everything")
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

    @Test("A sub-agent asks for a permission after the turn's end, and gets it")
    func askedLater() async throws {
        try await SamFixture.with { sam in
            try await ClaudeCodeTests.prepare(
                sam,
                """
                turns:
                  - say: I begin it.
                    call:
                      - \(Self.agent("SUBTASK make it", "make it"))
                  - say: It runs.
                  - say: It has ended.
                others:
                  - when: SUBTASK
                    turns:
                      - stall: 3
                        call:
                          - {name: Bash, input: {command: "touch made", description: Make a file}}
                      - say: It is made.
                """)
            let id = try await sam.start("claude-code", "Have it made", permissions: "ask")
            try await sam.waitForTurns(1, of: id)
            let question = try await sam.question(of: id)
            #expect(question["title"] == "touch made" && question["parent"] != nil, "\(question)")
            #expect(try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "working")
            try await sam.act("sessions", "answer", id, "allow")
            try await sam.waitForTurns(2, of: id)
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.phase == "completed" && session.said.contains("It has ended."), "\(ended)")
            #expect(try await sam.file("made", of: ended) == "")
            let kinds = session.events.compactMap { $0["kind"]?.string }
            let turn = try #require(kinds.firstIndex(of: "turnEnded"))
            #expect(try #require(kinds.firstIndex(of: "permission")) > turn)
            let call = session.payloads("toolCall").first { $0["title"] == "Agent: make it" }?["id"]
            #expect(call != nil && session.payloads("permission").allSatisfy { $0["parent"] == call })
        }
    }
}
