import AgentProtocol
import Foundation
import NIOHTTP1
import Testing

/// The real Claude Code in its sandbox, through the gateway, against the scripted provider.
@Suite("Claude Code")
struct ClaudeCodeTests {
    private static let script = """
        turns:
          - say: I write the file.
            call:
              - {name: Write, input: {file_path: /workspace/hello.txt, content: "hello\\n"}}
          - say: Now I look at what is here.
            call:
              - {name: Bash, input: {command: "cat hello.txt && ls", description: Look at the files}}
          - say: The file is written.
          - say: Once more.
            call:
              - {name: Edit, input: {file_path: /workspace/hello.txt, old_string: hello, new_string: goodbye}}
          - say: It says goodbye now.
        """

    @Test("It edits a file over two turns, and what it did lands on a branch; its key is a lease")
    func twoTurns() async throws {
        try await SamFixture.with { sam in
            try await Self.prepare(sam)
            let id = try await sam.start("claude-code", "Write hello.txt")
            try await sam.waitForTurns(1, of: id)
            #expect(FileManager.default.contents(atPath: "\(sam.home)/sessions/\(id)/workspace/hello.txt") == Data("hello\n".utf8))
            _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/prompts", ["text": "Say goodbye"])
            try await sam.waitForTurns(2, of: id)
            _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/finish")
            let ended = try await sam.finish(id)
            #expect(ended["phase"] == "completed", "\(ended)")
            #expect(try await sam.file("hello.txt", of: ended) == "goodbye\n")

            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.said.contains("I write the file.") && session.said.contains("It says goodbye now."), "\(session.said)")
            let calls = session.payloads("toolCall")
            let used = Set(calls.compactMap { $0["kind"]?.string })
            #expect(used.isSuperset(of: ["edit", "execute"]), "\(calls)")
            #expect(calls.contains { $0["status"] == "completed" } && !calls.contains { $0["status"] == "failed" }, "\(calls)")
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn", "end_turn"])
            // Ready is what answered, not what was started.
            let kinds = session.events.compactMap { $0["kind"]?.string }
            let handshake = try #require(kinds.firstIndex(of: "handshake"))
            #expect(try #require(kinds.firstIndex(of: "turnStarted")) > handshake)
            let ready = try #require(session.events.firstIndex { $0["payload"]?["phase"] == "ready" })
            #expect(ready > handshake)
            #expect(try await sam.usage(by: "session")[id] != nil, "The gateway has counted it")
        }
    }

    @Test("What would need a permission is refused while nobody can be asked; the session tells it, and goes on")
    func permission() async throws {
        try await SamFixture.with { sam in
            let script = """
                turns:
                  - say: I make something.
                    call:
                      - {name: Bash, input: {command: "python3 -c 'open(\\"made\\", \\"w\\")'", description: Make a file}}
                  - say: I was not allowed to.
                """
            try await Self.prepare(sam, script)
            let id = try await sam.start("claude-code", "Make something")
            try await sam.waitForTurns(1, of: id)
            _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/finish")
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.phase == "completed")
            let asked = session.payloads("permission")
            #expect(asked.map { $0["answer"] } == ["deny"] && asked.first?["title"] == "Make a file", "\(asked)")
            #expect(session.payloads("toolCall").contains { $0["status"] == "failed" })
            #expect(session.said.contains("I was not allowed to."))
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

    private static func prepare(_ sam: SamFixture, _ script: String = Self.script) async throws {
        try sam.install(try RealAgent.claudeCode(), as: "claude")
        try sam.write(script, to: "home/rehearsal.yaml")
        try await sam.serve()
        try await sam.project()
    }
}
