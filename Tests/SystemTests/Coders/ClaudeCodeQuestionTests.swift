import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What the real Claude Code asks a person, in its sandbox, against the scripted provider.
@Suite("Claude Code asks")
struct ClaudeCodeQuestionTests {
    private static let script = """
        turns:
          - call:
              - name: AskUserQuestion
                input:
                  questions:
                    - question: Which colour?
                      header: Colour
                      multiSelect: false
                      options:
                        - {label: Red, description: warm}
                        - {label: Blue, description: cold}
                        - {label: Green, description: fresh}
                    - question: Which fruits?
                      header: Fruits
                      multiSelect: true
                      options:
                        - {label: Apple, description: round}
                        - {label: Fig, description: sweet}
                        - {label: Pear, description: long}
                    - question: Which name?
                      header: Name
                      multiSelect: false
                      options:
                        - {label: Ada, description: short}
                        - {label: Grace, description: longer}
          - say: I write it down.
            call:
              - {name: Write, input: {file_path: /workspace/answers.txt, content: "answered\\n"}}
          - say: It is written.
        """

    /// What the model is told of the answers.
    private func told(_ session: FinishedSession) throws -> String {
        let results = session.payloads("toolCall").filter { $0["status"] != "in_progress" }.map { "\($0["content"] ?? .null)" }
        return try #require(results.first { $0.contains("Which colour?") }, "\(results)")
    }

    @Test("Of three options one, several of several, and a text of one's own, through the API; also where everything is allowed")
    func api() async throws {
        try await SamFixture.with { sam in
            try await ClaudeCodeTests.prepare(sam, Self.script)
            let id = try await sam.start("claude-code", "Ask me", permissions: "everything")
            let question = try await sam.question(of: id)
            let items = question["items"]?.elements ?? []
            #expect(question["kind"] == "inquiry" && items.compactMap { $0["header"]?.string } == ["Colour", "Fruits", "Name"])
            #expect(items.first?["choices"]?.elements?.compactMap { $0["label"]?.string } == ["Red", "Blue", "Green"])
            #expect(items.map { $0["allowsSeveral"] == true } == [false, true, false])
            let path = "/api/v1/sessions/\(id)/questions/\(question["id"]?.string ?? "")"
            let names = try items.map { try #require($0["id"]?.string) }
            let answers: JSONValue = .object([
                names[0]: ["Blue"], names[1]: ["Apple", "Pear"], names[2]: ["Barbara, after my teacher"],
            ])
            let answered = try await sam.call(.POST, path, ["answers": answers])
            #expect(answered.status < 300, "\(answered.text)")
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(try await sam.file("answers.txt", of: ended) == "answered\n")
            let told = try told(session)
            #expect(told.contains("Blue") && told.contains("Apple, Pear") && told.contains("Barbara, after my teacher"), "\(told)")
            #expect(session.payloads("inquiry").last?["answer"]?["items"] == answers)
        }
    }

    @Test("The same on the terminal that follows the session")
    func terminal() async throws {
        try await SamFixture.with { sam in
            try await ClaudeCodeTests.prepare(sam, Self.script)
            let shown = try await sam.onTerminal(
                [("(a number, or a text)", "2"), ("2. [Fruits]", "1,3"), ("3. [Name]", "Barbara")],
                ["run", "--project", "project", "--agent", "claude-code", "--provider", "rehearsal", "Ask me"])
            #expect(shown.contains("Blue: cold"), "\(shown)")
            let ended = try #require(try await sam.json("sessions", "list")["sessions"]?.elements?.first)
            let session = FinishedSession(session: ended, events: try await sam.events(ended["id"]?.string ?? ""))
            #expect(session.phase == "completed")
            let told = try told(session)
            #expect(told.contains("Blue") && told.contains("Apple, Pear") && told.contains("Barbara"), "\(told)")
        }
    }

    @Test("A plan is shown, refused with words, and then approved; its steps are seen")
    func plan() async throws {
        try await SamFixture.with { sam in
            try await ClaudeCodeTests.prepare(
                sam,
                """
                turns:
                  - say: I plan first.
                    call:
                      - {name: EnterPlanMode, input: {}, unlisted: true}
                  - call:
                      - name: AskUserQuestion
                        input:
                          questions:
                            - question: Shall I go on?
                              header: Go on
                              multiSelect: false
                              options: [{label: "Yes", description: go on}, {label: "No", description: stop}]
                  - call:
                      - {name: ExitPlanMode, input: {}, unlisted: true}
                  - say: In smaller steps, then.
                    call:
                      - {name: ExitPlanMode, input: {}, unlisted: true}
                  - say: I do it.
                    call:
                      - {name: TaskCreate, input: {subject: Write it, description: Write the file, activeForm: Writing it}, unlisted: true}
                      - {name: Write, input: {file_path: /workspace/planned.txt, content: "as planned\\n"}}
                  - say: It is done.
                """)
            // Everything is allowed but what only a person can say.
            let id = try await sam.start("claude-code", "Plan it", permissions: "everything")
            _ = try await sam.question(of: id)
            // Where a model would write its plan is in what the agent keeps of the conversation; a script can't know it.
            try write("# The plan\n\n1. Write it\n", forPlanOf: id, sam)
            try await sam.act("sessions", "answer", id, "1")
            var question = try await sam.plan(of: id)
            #expect(question["plan"]?.string?.contains("1. Write it") == true, "\(question)")
            #expect(question["options"]?.elements?.compactMap { $0["kind"]?.string } == ["allowOnce", "allowAlways", "refuse"])
            #expect(!FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/planned.txt"))
            #expect(try await sam.sam("sessions", "answer", id).text.contains("# The plan"))
            let first = question["id"]
            try await sam.act("sessions", "answer", id, "refuse", "In smaller steps, please")
            question = try await sam.plan(of: id, after: first)
            try await sam.act("sessions", "answer", id, "always")
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "finish", id)
            let ended = try await sam.finish(id)
            let session = FinishedSession(session: ended, events: try await sam.events(id))
            #expect(try await sam.file("planned.txt", of: ended) == "as planned\n")
            let answers = session.payloads("permission").compactMap { $0["answer"] }
            #expect(answers.compactMap { $0["option"]?["kind"]?.string } == ["refuse", "allowAlways"], "\(answers)")
            #expect(answers.first?["text"] == "In smaller steps, please")
            let results = session.payloads("toolCall").filter { $0["status"] == "failed" }.map { "\($0["content"] ?? .null)" }
            #expect(results.contains { $0.contains("In smaller steps, please") }, "\(results)")
            #expect(session.payloads("plan").last?["entries"]?.elements?.first?["content"] == "Write it")
        }
    }

    private func write(_ text: String, forPlanOf id: String, _ sam: SamFixture) throws {
        let home = "\(sam.home)/sessions/\(id)/home"
        let folder = home + "/.claude/projects/-workspace"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }
        let kept = try names.map { try String(contentsOfFile: folder + "/" + $0, encoding: .utf8) }.joined()
        let name = try #require(kept.firstMatch(of: /\/\.claude\/plans\/([a-z0-9-]+\.md)/)?.1)
        try FileManager.default.createDirectory(atPath: home + "/.claude/plans", withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: "\(home)/.claude/plans/\(name)"))
    }
}

extension SamFixture {
    /// The plan that a session asks to be approved, once it does.
    fileprivate func plan(of id: String, after earlier: JSONValue? = nil) async throws -> JSONValue {
        var found: JSONValue?
        try await eventually("\(id) shows a plan") {
            let session = try await call(.GET, "/api/v1/sessions/\(id)")
            try #require(session["settled"] != true, "\(session.text)")
            found = session["questions"]?.elements?.first { $0["plan"] != nil && $0["id"] != earlier }
            return found != nil
        }
        return try #require(found)
    }
}
