import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// The real Claude Code in its sandbox, through the gateway, against the scripted provider.
@Suite("Claude Code")
struct ClaudeCodeTests {
    private static let script = """
        turns:
          - say: I write the file.
            call:
              - {name: Write, input: {file_path: /workspace/hello.txt, content: "hello\\n"}}
          - say: Now I make something of it.
            call:
              - {name: Bash, input: {command: "python3 -c 'open(\\"made\\", \\"w\\")'", description: Make a file}}
          - say: Both are made.
          - say: This takes long.
            call:
              - {name: Bash, input: {command: "touch begun && sleep 600", description: Wait}}
          - say: Once more.
            call:
              - {name: Edit, input: {file_path: /workspace/hello.txt, old_string: hello, new_string: goodbye}}
          - say: It says goodbye now.
        """

    @Test("It edits, asks before it runs a command, is stopped once and continues; what it did lands on a branch")
    func conversation() async throws {
        try await SamFixture.with { sam in
            try await Self.prepare(sam)
            let id = try await sam.start("claude-code", "Write hello.txt")
            // An edit in its workspace needs no word; a command does, and the very command is shown.
            let question = try await sam.question(of: id)
            #expect(question["title"] == "python3 -c 'open(\"made\", \"w\")'", "\(question)")
            #expect(FileManager.default.contents(atPath: sam.workspace(of: id) + "/hello.txt") == Data("hello\n".utf8))
            #expect(!FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/made"))
            #expect(try await sam.sam("sessions", "list").text.contains("needs an answer"))
            try await sam.act("sessions", "answer", id, "allow")
            try await sam.waitForTurns(1, of: id)
            #expect(FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/made"))

            try await sam.stopInTheMiddle(of: id)
            try await sam.waitForTurns(2, of: id)

            try await sam.act("sessions", "prompt", id, "Say goodbye")
            try await sam.waitForTurns(3, of: id)
            #expect(SamFixture.networks(of: "stream-json") == [["lo"]], "Its only network is its own loopback")
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            #expect(ended["phase"] == "completed", "\(ended)")
            #expect(try await sam.file("hello.txt", of: ended) == "goodbye\n")

            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.said.contains("I write the file.") && session.said.contains("It says goodbye now."), "\(session.said)")
            let calls = session.payloads("toolCall")
            #expect(calls.contains { $0["content"]?.elements?.first?["newText"] == "goodbye" }, "The edit is told with its diff")
            let used = Set(calls.compactMap { $0["kind"]?.string })
            #expect(used.isSuperset(of: ["edit", "execute"]), "\(calls)")
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn", "cancelled", "end_turn"])
            #expect(session.payloads("permission").compactMap { $0["answer"]?["option"]?["kind"] } == ["allowOnce", "allowOnce"])
            #expect(session.payloads("usage").contains { ($0["output"]?.wholeNumber ?? 0) > 0 }, "\(session.payloads("usage"))")
            try session.expectReadyByEvidence()
            #expect(try await sam.usage(by: "session")[id] != nil, "The gateway has counted it")
        }
    }

    @Test("What is refused is not done, a turn that is stopped while it asks is over, and both are told")
    func refusal() async throws {
        try await SamFixture.with { sam in
            let script = """
                turns:
                  - say: I make something.
                    call:
                      - {name: Bash, input: {command: "touch made", description: Make a file}}
                  - say: I was not allowed to.
                  - say: Again.
                    call:
                      - {name: Bash, input: {command: "touch made", description: Make a file}}
                  - say: This is never said.
                """
            try await Self.prepare(sam, script)
            let id = try await sam.start("claude-code", "Make something", permissions: "ask")
            _ = try await sam.question(of: id)
            try await sam.act("sessions", "answer", id, "refuse")
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "prompt", id, "Again")
            _ = try await sam.question(of: id)
            try await sam.act("sessions", "cancel", id, "--turn")
            try await sam.waitForTurns(2, of: id)
            #expect(try await sam.call(.GET, "/api/v1/sessions/\(id)")["questions"] == [])
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.phase == "completed")
            #expect(session.payloads("permission").compactMap { $0["answer"]?["by"] } == ["person", "turn"])
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn", "cancelled"])
            #expect(session.payloads("toolCall").contains { $0["status"] == "failed" })
            #expect(session.said.contains("I was not allowed to.") && !session.said.contains("never said"))
            #expect(session.session["result"]?["branch"] == nil, "Nothing was made")
        }
    }

    @Test("`sam run --agent claude-code --provider rehearsal` works without a key")
    func newcomer() async throws {
        try await SamFixture.with { sam in
            try sam.install(try RealAgent.claudeCode(), as: "claude")
            let ran = try await sam.sam(
                "run", "--repo", try await sam.repository("source", files: ["README.md": "# Source\n"]), "--agent", "claude-code",
                "--provider", "rehearsal", "Look around")
            #expect(ran.termination == .exited(0), "\(ran.text)\(ran.standardError)")
            #expect(ran.text.contains("● completed") && !ran.text.contains("answer SESSION"), "\(ran.text)")
        }
    }

    @Test("A key that it works with stays outside: it holds a lease, and the provider gets the key")
    func key() async throws {
        let answer = """
            {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Hello"}],\
            "stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":20}}
            """
        try await RecordingUpstream.with({ _ in .json(answer) }) { upstream in
            try await SamFixture.with { sam in
                try await Self.prepare(sam)
                let key = "sk-ant-0123456789-claude"
                try await sam.point("anthropic", at: upstream)
                try await sam.setCredential("anthropic", key)
                let id = try await sam.start("claude-code", "Hello", provider: "anthropic")
                try await eventually("it has asked its model") { upstream.requests.contains { $0.uri.hasPrefix("/v1/messages") } }
                #expect(upstream.requests.allSatisfy { $0.key == key }, "\(upstream.requests.map(\.uri))")
                let outside = SamFixture.processes(with: "stream-json")
                #expect(!outside.isEmpty)
                for process in outside {
                    let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ") ?? Data()
                    #expect(!Canary(key).isIn(environment))
                }
                _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/cancel")
                try await sam.finish(id)
            }
        }
    }

    // MARK: - What they need

    static func prepare(_ sam: SamFixture, _ script: String = Self.script) async throws {
        try sam.install(try RealAgent.claudeCode(), as: "claude")
        try sam.write(script, to: "home/rehearsal.yaml")
        try await sam.serve()
        try await sam.project()
    }
}
