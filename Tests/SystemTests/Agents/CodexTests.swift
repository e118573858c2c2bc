import AgentProtocol
import Foundation
import NIOHTTP1
import Testing

/// The real Codex in its sandbox, through the gateway, against the scripted provider.
@Suite("Codex")
struct CodexTests {
    private static let script = """
        turns:
          - think: A file is wanted.
            say: I write the file.
            call:
              - {name: exec_command, input: {cmd: "echo hello > hello.txt"}}
          - say: The file is written.
          - say: Once more.
            call:
              - {name: exec_command, input: {cmd: "cat hello.txt; echo goodbye > hello.txt"}}
          - say: It says goodbye now.
        """

    @Test("It runs commands over two turns, and what they did lands on a branch; its key is a lease")
    func twoTurns() async throws {
        try await SamFixture.with { sam in
            try sam.install(try RealAgent.codex(), as: "codex")
            try sam.write(Self.script, to: "home/rehearsal.yaml")
            try await sam.serve()
            try await sam.project()
            let id = try await sam.start("codex", "Write hello.txt")
            try await sam.waitForTurns(1, of: id)
            _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/prompts", ["text": "Say goodbye"])
            try await sam.waitForTurns(2, of: id)
            _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/finish")
            let ended = try await sam.finish(id)
            #expect(ended["phase"] == "completed", "\(ended)")
            #expect(try await sam.file("hello.txt", of: ended) == "goodbye\n")

            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.said.contains("I write the file.") && session.said.contains("It says goodbye now."), "\(session.said)")
            let calls = session.payloads("toolCall")
            #expect(calls.contains { $0["kind"] == "execute" && $0["status"] == "completed" }, "\(calls)")
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn", "end_turn"])
            let identity = try #require(session.payloads("handshake").first)
            #expect(identity["name"] == "Codex" && identity["version"]?.string?.isEmpty == false, "\(identity)")
            #expect(try await sam.usage(by: "session")[id] != nil, "The gateway has counted it")
        }
    }
}
