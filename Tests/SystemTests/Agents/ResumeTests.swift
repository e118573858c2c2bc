import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("Resuming an ended session")
struct ResumeTests {
    @Test("The new one starts from the old one's branch, and an agent that remembers nothing is told what happened")
    func recap() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let first = try await sam.run(project: "project", agent: "parrot", "first words")
            #expect(first.phase == "completed")
            let id = try #require(first.session["id"]?.string)
            let resumed = try await sam.sam("sessions", "resume", id, "--json", "second words")
            #expect(resumed.termination == .exited(0), "\(resumed.standardError)")
            let session: JSONValue = try JSONLine.decode(from: try #require(resumed.text.split(separator: "\n").last.map(String.init)))
            #expect(session["agent"] == "parrot" && session["continues"] == .string(id))
            #expect(session["baseCommit"] == first.session["result"]?["commit"], "It starts where the first one ended")
            #expect(session["phase"] == "completed")
            let second = FinishedSession(session: session, events: try await sam.events(session["id"]?.string ?? ""))
            #expect(
                second.said.contains("A person wrote: first words") && second.said.contains("what to do now:\n\nsecond words"),
                "\(second.said)")
            #expect(try await sam.file("said.txt", of: session).hasSuffix("second words"))
            #expect(second.payloads("handshake").first?["remembers"] == nil)
        }
    }

    @Test("An agent that can load its conversation remembers it, and is told nothing twice")
    func load() async throws {
        try await SamFixture.with { sam in
            try sam.install(try RealAgent.script("agentao"), as: "agentao")
            let entries = try String(contentsOfFile: sam.home + "/agents.yaml", encoding: .utf8)
            try sam.write(
                entries + AgentaoTests.entry.replacing("leavesBehind: [/.agentao/]", with: "leavesBehind: [\"*.log\"]"),
                to: "home/agents.yaml")
            try sam.write(
                """
                turns:
                  - say: I write the file.
                    call:
                      - {name: write_file, input: {file_path: hello.txt, content: "hello\\n"}}
                  - say: It is written.
                  - say: I remember that I wrote it.
                """, to: "home/rehearsal.yaml")
            try await sam.serve()
            try await sam.project()
            let first = try await sam.start("agentao", "Write hello.txt")
            try await sam.waitForTurns(1, of: first)
            try await sam.act("sessions", "finish", first)
            let ended = try await sam.finish(first)
            #expect(try await sam.file("hello.txt", of: ended) == "hello\n")

            let reply = try await sam.call(.POST, "/api/v1/sessions/\(first)/resume", ["prompt": "What did you do?"])
            let second = try #require(reply["id"]?.string, "\(reply.text)")
            try await sam.waitForTurns(1, of: second)
            #expect(FileManager.default.contents(atPath: sam.workspace(of: second) + "/hello.txt") == Data("hello\n".utf8))
            try await sam.act("sessions", "finish", second)
            let session = FinishedSession(session: try await sam.finish(second), events: try await sam.events(second))
            #expect(session.payloads("handshake").first?["remembers"] == true, "\(session.payloads("handshake"))")
            // The scripted model goes by how many answers stand in the conversation.
            #expect(session.said == "I remember that I wrote it.", "\(session.said)")
        }
    }

    @Test("Claude Code remembers by itself where its home was kept, and is told what happened where it was not")
    func claudeCode() async throws {
        try await SamFixture.with { sam in
            try sam.install(try RealAgent.claudeCode(), as: "claude")
            try sam.write(
                """
                turns:
                  - say: I am the first.
                  - say: I remember the first.
                  - say: I remember both.
                """, to: "home/rehearsal.yaml")
            try await sam.serve()
            try await sam.project()
            var id = try await sam.start("claude-code", "Who are you?")
            var conversations: Set<String> = []
            for (number, words) in ["I am the first.", "I remember the first.", "I remember both.", "I am the first."].enumerated() {
                try await sam.waitForTurns(1, of: id)
                try await sam.act("sessions", "finish", id)
                let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
                #expect(session.phase == "completed" && session.said == words, "\(session.said)")
                let handshake = try #require(session.payloads("handshake").first)
                #expect(handshake["remembers"] == ([1, 2].contains(number) ? true : nil), "\(handshake)")
                conversations.insert(try #require(handshake["conversation"]?.string))
                guard number < 3 else { break }
                if number == 2 {
                    // What can't be read is nothing to go on with.
                    let file =
                        "\(sam.home)/sessions/\(id)/home/.claude/projects/-workspace/\(handshake["conversation"]?.string ?? "").jsonl"
                    try #require(FileManager.default.fileExists(atPath: file))
                    try Data("garbage\n".utf8).write(to: URL(filePath: file))
                }
                let reply = try await sam.call(.POST, "/api/v1/sessions/\(id)/resume", ["prompt": "And now?"])
                id = try #require(reply["id"]?.string, "\(reply.text)")
            }
            #expect(conversations.count == 2)
        }
    }

    @Test("Only what is over can be gone on with, by a member of its project")
    func refusals() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.startIdle(agent: "shell")
            let living = try await sam.sam("sessions", "resume", id, "x")
            #expect(living.termination == .exited(1) && living.standardError.contains("sam sessions prompt"), "\(living.standardError)")
            _ = try await sam.sam("sessions", "cancel", id)
            try await sam.finish(id)
            let stranger = try await sam.user("robin")
            let path = "/api/v1/sessions/\(id)/resume"
            #expect(try await sam.call(.POST, path, as: stranger, ["prompt": "x"]).status == 404)
            #expect(try await sam.call(.POST, path, ["prompt": " "]).status == 400)
            #expect(try await sam.call(.POST, path, ["prompt": "true", "ending": "whenIdle"]).status == 201)
        }
    }
}
