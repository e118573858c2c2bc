import AgentProtocol
import Foundation
import NIOHTTP1
import Testing

@testable import SystemSupport

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
          - say: This takes long.
            call:
              - {name: exec_command, input: {cmd: "touch begun && sleep 600", yield_time_ms: 600000}}
          - say: Once more.
            call:
              - {name: exec_command, input: {cmd: "cat hello.txt; echo goodbye > hello.txt"}}
          - say: It says goodbye now.
        """

    @Test("It asks before it runs a command, is stopped once and continues; what it did lands on a branch")
    func conversation() async throws {
        try await SamFixture.with { sam in
            try await Self.prepare(sam)
            let id = try await sam.start("codex", "Write hello.txt")
            let question = try await sam.question(of: id)
            #expect(question["title"]?.string?.contains("echo hello > hello.txt") == true, "\(question)")
            #expect(!FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/hello.txt"))
            try await sam.act("sessions", "answer", id, "allow")
            try await sam.waitForTurns(1, of: id)
            #expect(FileManager.default.contents(atPath: sam.workspace(of: id) + "/hello.txt") == Data("hello\n".utf8))

            try await sam.stopInTheMiddle(of: id)
            try await sam.waitForTurns(2, of: id)

            try await sam.act("sessions", "prompt", id, "Say goodbye")
            _ = try await sam.question(of: id)
            try await sam.act("sessions", "answer", id, "allow")
            try await sam.waitForTurns(3, of: id)
            #expect(SamFixture.networks(of: "app-server") == [["lo"]], "Its only network is its own loopback")
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            #expect(ended["phase"] == "completed", "\(ended)")
            #expect(try await sam.file("hello.txt", of: ended) == "goodbye\n")

            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.said.contains("I write the file.") && session.said.contains("It says goodbye now."), "\(session.said)")
            let calls = session.payloads("toolCall")
            #expect(calls.contains { $0["kind"] == "execute" && $0["status"] == "completed" }, "\(calls)")
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn", "cancelled", "end_turn"])
            let identity = try #require(session.payloads("handshake").first)
            #expect(identity["name"] == "Codex" && identity["version"]?.string?.isEmpty == false, "\(identity)")
            #expect(session.payloads("usage").contains { ($0["output"]?.wholeNumber ?? 0) > 0 }, "\(session.payloads("usage"))")
            try session.expectReadyByEvidence()
            #expect(try await sam.usage(by: "session")[id] != nil, "The gateway has counted it")
        }
    }

    @Test("A session that may do everything asks nothing")
    func everything() async throws {
        try await SamFixture.with { sam in
            try await Self.prepare(sam)
            let id = try await sam.start("codex", "Write hello.txt", permissions: "everything")
            try await sam.waitForTurns(1, of: id)
            #expect(FileManager.default.contents(atPath: sam.workspace(of: id) + "/hello.txt") == Data("hello\n".utf8))
            try await sam.act("sessions", "cancel", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.payloads("permission").isEmpty)
        }
    }

    // MARK: - What they need

    private static func prepare(_ sam: SamFixture) async throws {
        try sam.install(try RealAgent.codex(), as: "codex")
        try sam.write(script, to: "home/rehearsal.yaml")
        try await sam.serve()
        try await sam.project()
    }
}
