import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

/// What the real Codex asks a person, in its sandbox, against the scripted provider.
@Suite("Codex asks")
struct CodexQuestionTests {
    private static let questions: JSONValue = [
        "questions": [
            [
                "id": "colour", "header": "Colour", "question": "Which colour?",
                "options": [
                    ["label": "Red (Recommended)", "description": "warm"], ["label": "Blue", "description": "cold"],
                    ["label": "Green", "description": "fresh"],
                ],
            ],
            [
                "id": "name", "header": "Name", "question": "Which name?",
                "options": [["label": "Ada", "description": "short"], ["label": "Grace", "description": "longer"]],
            ],
        ]
    ]

    @Test("Of three options one, and a text of one's own, through the API; also where everything is allowed", arguments: CodexScript.models)
    func api(model: String) async throws {
        try await SamFixture.with { sam in
            try await sam.serveCodex(
                """
                turns:
                  - say: I ask.
                    call:
                      \(CodexScript.call("request_user_input", Self.questions))
                  - call:
                      \(CodexScript.run("echo answered > answers.txt"))
                  - say: It is written.
                """)
            let id = try await sam.startCodex("Ask me", model: model)
            let question = try await sam.question(of: id)
            let items = question["items"]?.elements ?? []
            #expect(question["kind"] == "inquiry" && items.compactMap { $0["id"]?.string } == ["colour", "name"])
            #expect(items.first?["choices"]?.elements?.compactMap { $0["label"]?.string } == ["Red (Recommended)", "Blue", "Green"])
            #expect(items.map { $0["allowsText"] } == [true, true])
            let answers: JSONValue = ["colour": ["Blue"], "name": ["Barbara, after my teacher"]]
            let path = "/api/v1/sessions/\(id)/questions/\(question["id"]?.string ?? "")"
            let answered = try await sam.call(.POST, path, ["answers": answers])
            #expect(answered.status < 300, "\(answered.text)")
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            #expect(try await sam.file("answers.txt", of: ended) == "answered\n")
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.payloads("inquiry").last?["answer"]?["items"] == answers)
        }
    }

    @Test("A question that it does not wait for stays open after the turn's end, and its answer makes a new turn")
    func later() async throws {
        try await SamFixture.with { sam in
            let input: JSONValue = ["questions": [["title": "Which colour?", "options": ["Red", "Blue"]], ["title": "What else?"]]]
            try await sam.serveCodex(
                """
                turns:
                  - say: I ask and go on.
                    call:
                      \(CodexScript.call("request_user_input_async", input))
                  - say: That is all for now.
                  - say: I write it down.
                    call:
                      \(CodexScript.run("echo blue > colour.txt"))
                  - say: It is written.
                """)
            let id = try await sam.startCodex("Ask me", model: "gpt-6.1-sol")
            try await sam.waitForTurns(1, of: id)
            let question = try await sam.question(of: id)
            #expect(question["items"]?.elements?.compactMap { $0["text"]?.string } == ["Which colour?", "What else?"], "\(question)")
            try await sam.act("sessions", "answer", id, "--item", "1=2", "--item", "2=Nothing else")
            try await sam.waitForTurns(2, of: id)
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(session.payloads("turnEnded").map { $0["isFollowUp"] == true } == [false, true])
            #expect(try await sam.file("colour.txt", of: ended) == "blue\n")
            #expect(session.said.hasSuffix("It is written."), "\(session.said)")
        }
    }

    @Test("What is said with a refusal reaches it, and the turn continues")
    func words() async throws {
        try await SamFixture.with { sam in
            try await sam.serveCodex(
                """
                turns:
                  - say: I try.
                    call:
                      \(CodexScript.run("touch d1"))
                  - say: I heard you.
                """)
            let id = try await sam.startCodex("Make it", model: "gpt-5.5", permissions: "ask")
            _ = try await sam.question(of: id)
            try await sam.act("sessions", "answer", id, "refuse", "Use d2")
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.said.contains("I heard you.") && !FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/d1"))
            #expect(!session.payloads("note").contains { $0["text"]?.string?.contains("could not be handed over") == true })
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn"])
        }
    }

    @Test("It asks for no host when it starts, and resumes its own conversation where its home was kept")
    func startAndResume() async throws {
        try await SamFixture.with { sam in
            try await sam.serveCodex(
                """
                turns:
                  - say: I write the file.
                    call:
                      \(CodexScript.run("echo hello > hello.txt"))
                  - say: It is written.
                  - say: I remember that I wrote it.
                """)
            let first = try await sam.startCodex("Write hello.txt", model: "gpt-6.1-sol")
            try await sam.waitForTurns(1, of: first)
            try await sam.act("sessions", "finish", first)
            let ended = try await sam.finish(first)
            let before = FinishedSession(session: ended, events: try await sam.events(first))
            #expect(before.payloads("note").isEmpty, "\(before.payloads("note"))")
            let serverLog = try String(contentsOfFile: sam.scratch + "/server.log", encoding: .utf8)
            #expect(!serverLog.contains("wanted to reach"), "\(serverLog)")

            let reply = try await sam.call(.POST, "/api/v1/sessions/\(first)/resume", ["prompt": "What did you do?"])
            let second = try #require(reply["id"]?.string, "\(reply.text)")
            try await sam.waitForTurns(1, of: second)
            try await sam.act("sessions", "finish", second)
            let session = FinishedSession(session: try await sam.finish(second), events: try await sam.events(second))
            #expect(session.payloads("handshake").first?["remembers"] == true, "\(session.payloads("handshake"))")
            // The scripted model goes by how many answers stand in the conversation.
            #expect(session.said == "I remember that I wrote it.", "\(session.said)")
        }
    }
}
