import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// Agentao, an agent from PyPI that nobody of this project wrote, by an entry in the user's catalogue alone: over the Agent Client
/// Protocol, through the gateway, against the scripted provider.
@Suite("An agent of the Agent Client Protocol")
struct AgentaoTests {
    static let entry = """

          - id: agentao
            protocol: acp
            command: [agentao, --acp, --stdio]
            environment: {OPENAI_MODEL: "${model}"}
            leavesBehind: [/.agentao/]
            providers: [rehearsal]
            models: {rehearsal: {fast: rehearsal, strong: rehearsal}}
        """

    private static let script = """
        turns:
          - say: I write the file.
            call:
              - {name: write_file, input: {file_path: hello.txt, content: "hello\\n"}}
          - say: Now I make something of it.
            call:
              - {name: run_shell_command, input: {command: "python3 -c 'open(\\"made\\", \\"w\\")'", description: Make a file}}
          - say: Both are made.
          - say: This takes long.
            call:
              - {name: run_shell_command, input: {command: "touch begun; sleep 600", description: Wait}}
          # It writes down for its model that it was stopped, as an answer.
          - say: This is never said.
          - say: I ask.
            call:
              - {name: mcp_sam_ask_person, input: {question: "What shall it say?"}}
          - say: Once more.
            call:
              - {name: replace, input: {file_path: hello.txt, old_text: hello, new_text: goodbye}}
          - say: It says goodbye now.
        """

    @Test("It edits, asks before it runs a command, is stopped once, asks a person and continues; what it did lands on a branch")
    func conversation() async throws {
        try await SamFixture.with { sam in
            try sam.install(try RealAgent.script("agentao"), as: "agentao")
            let entries = try String(contentsOfFile: sam.home + "/agents.yaml", encoding: .utf8)
            try sam.write(entries + Self.entry, to: "home/agents.yaml")
            try sam.write(Self.script, to: "home/rehearsal.yaml")
            try await sam.serve()
            try await sam.project()
            let here = try await sam.json("agents")["agents"]?.elements?.first { $0["id"] == "agentao" }
            #expect(here?["missing"] == [] && here?["version"]?.string?.isEmpty == false, "\(here ?? .null)")

            let id = try await sam.start("agentao", "Write hello.txt")
            let question = try await sam.question(of: id)
            #expect(question["title"]?.string?.contains("python3 -c 'open") == true, "\(question)")
            #expect(FileManager.default.contents(atPath: sam.workspace(of: id) + "/hello.txt") == Data("hello\n".utf8))
            #expect(!FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/made"))
            try await sam.act("sessions", "answer", id, "allow")
            try await sam.waitForTurns(1, of: id)
            #expect(FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/made"))

            try await sam.stopInTheMiddle(of: id)
            try await sam.waitForTurns(2, of: id)

            try await sam.act("sessions", "prompt", id, "Say something else")
            // It wants to be allowed to use the tool, and then the tool asks.
            var asked = try await sam.question(of: id)
            if asked["kind"] == "permission" {
                try await sam.act("sessions", "answer", id, "allow")
                try await eventually("the tool asks") {
                    asked = try await sam.question(of: id)
                    return asked["kind"] == "text"
                }
            }
            #expect(asked["title"] == "What shall it say?")
            try await sam.act("sessions", "answer", id, "goodbye")
            try await sam.waitForTurns(3, of: id)
            #expect(SamFixture.networks(of: "agentao") == [["lo"]])
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            #expect(ended["phase"] == "completed", "\(ended)")
            #expect(try await sam.file("hello.txt", of: ended) == "goodbye\n")
            let ignored = ended["result"]?["ignored"]?.elements ?? []
            #expect(ignored.contains { $0["areLeftBehind"] == true && $0["folder"]?.string?.hasPrefix(".agentao") == true }, "\(ignored)")
            let landed = try await sam.sam("sessions", "diff", id).text
            #expect(!landed.contains(".agentao"), "What it keeps for itself does not land")
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn", "cancelled", "end_turn"])
            #expect(session.said.contains("It says goodbye now."))
            try session.expectReadyByEvidence()
            #expect(try await sam.usage(by: "session")[id] != nil, "The gateway has counted it")
        }
    }
}
