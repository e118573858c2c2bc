import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("SAM's tools for agents")
struct ToolTests {
    /// What an agent types to send a message; what it gets comes back, and the status last.
    private static func send(_ message: JSONValue, lease: String = "$SAM_LEASE") throws -> String {
        let text = try JSONLine.text(message).replacing("'", with: #"'\''"#)
        return #"curl -sS -m 120 -w '\n%{http_code}' http://127.0.0.1:4140/tools -H "authorization: Bearer \#(lease)" -d '\#(text)'"#
    }

    private static func call(_ tool: String, _ arguments: JSONValue = .object([:])) -> JSONValue {
        ["jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": ["name": .string(tool), "arguments": arguments]]
    }

    /// The text that a tool answered.
    private static func text(_ answer: String) throws -> String {
        let line = answer.split(separator: "\n").dropLast().joined(separator: "\n")
        let message: JSONValue = try JSONLine.decode(from: line)
        return try #require(message["result"]?["content"]?.elements?.first?["text"]?.string, "\(answer)")
    }

    @Test("A session's agent learns about its project, with the brief that an explorer left, and tells how far it has come")
    func projectAndProgress() async throws {
        try await SamFixture.with { sam in
            try await sam.project("project", files: ["README.md": "# A project\n", "Makefile": "all:\n\techo hi\n"])
            #expect(try await sam.run(project: "project", agent: "scout", "Explore").phase == "completed")
            let id = try await sam.startIdle(agent: "shell")
            let hello = try await sam.ask(
                id, try Self.send(["jsonrpc": "2.0", "id": 1, "method": "initialize", "params": ["protocolVersion": "2024-11-05"]]))
            #expect(hello.contains(#""protocolVersion":"2024-11-05""#) && hello.hasSuffix("200"), "\(hello)")
            let noted = try await sam.ask(id, try Self.send(["jsonrpc": "2.0", "method": "notifications/initialized"]))
            #expect(noted.hasSuffix("202"), "\(noted)")
            let list = try await sam.ask(id, try Self.send(["jsonrpc": "2.0", "id": 2, "method": "tools/list"]))
            for tool in ["project", "report_progress", "ask_person", "wait_for_answer"] { #expect(list.contains(tool), "\(list)") }
            let card = try Self.text(try await sam.ask(id, try Self.send(Self.call("project"))))
            #expect(card.contains("Project: project") && card.contains("sam/\(id)") && card.contains("Languages"), "\(card)")
            let told = try Self.text(try await sam.ask(id, try Self.send(Self.call("report_progress", ["text": "half\nof it"]))))
            #expect(told == "Told.")
            let log = try await sam.call(.GET, "/api/v1/sessions/\(id)/events?limit=1000")["events"]?.elements ?? []
            #expect(log.contains { $0["kind"] == "progress" && $0["payload"]?["text"] == "half of it" })
            for (message, words) in [
                (Self.call("none"), "no such tool"), (Self.call("report_progress"), "“text” is missing"),
                (["jsonrpc": "2.0", "id": 3, "method": "resources/list"], "-32601"),
            ] {
                #expect(try await sam.ask(id, try Self.send(message)).contains(words))
            }
            _ = try await sam.sam("sessions", "cancel", id)
            try await sam.finish(id)
        }
    }

    @Test("An agent asks a person; the session shows it, and the answer reaches the agent")
    func question() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let ask = try Self.send(Self.call("ask_person", ["question": "Which database?", "suggestions": ["the first", "the second"]]))
            // It waits on for as long as it takes, as the tool's answer tells it to.
            let wait = try Self.send(Self.call("wait_for_answer", ["question": "QUESTION"]))
            let script = """
                out=$(\(ask)); id=$(printf %s "$out" | grep -o 'q_[a-z0-9]*' | head -n 1)
                while printf %s "$out" | grep -q 'There is no answer yet'; do out=$(\(wait.replacing("QUESTION", with: "'\"$id\"'"))); done
                printf '%s\\n' "$out"
                """
            let id = try await sam.start("shell", script, provider: nil)
            let question = try await sam.question(of: id)
            #expect(question["title"] == "Which database?" && question["kind"] == "text")
            #expect(try await sam.sam("sessions", "list").text.contains("needs an answer"))
            let path = "/api/v1/sessions/\(id)/questions/\(question["id"]?.string ?? "")"
            #expect(try await sam.call(.POST, path, ["option": "y"]).status == 400)
            #expect(try await sam.call(.POST, path, ["option": "y", "text": "x"]).status == 400)
            #expect(try await sam.call(.POST, path, ["text": " "]).status == 400)
            try await sam.act("sessions", "answer", id, "the", "second")
            try await sam.waitForTurns(1, of: id)
            #expect(try await sam.call(.POST, path, ["text": "too late"]).status == 409)
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.said.contains("the second"), "\(session.said)")
            #expect(session.payloads("question").last?["answer"]?["by"] == "person")
        }
    }

    @Test("A question that is not answered in time, or whose turn is over, is dropped, and the agent is told")
    func dropped() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.act("settings", "set", "agents.answerSeconds", "5")
            let ask = try Self.send(Self.call("ask_person", ["question": "Anybody?"]))
            let finished = try await sam.run(project: "project", agent: "shell", ask)
            #expect(finished.said.contains("There will be no answer."), "\(finished.said)")
            #expect(finished.payloads("question").last?["answer"]?["by"] == "timeLimit")
            try await sam.act("settings", "set", "agents.answerSeconds", "3600")
            // It does not wait for the answer, and its turn ends.
            let left = try await sam.run(project: "project", agent: "shell", "(\(ask)) >/dev/null 2>&1 & sleep 2")
            #expect(left.payloads("question").last?["answer"]?["by"] == "turn", "\(left.payloads("question"))")
        }
    }

    @Test("The tools open to the session's own lease on its own socket, and to nothing else")
    func doors() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let one = try await sam.startIdle(agent: "shell")
            let other = try await sam.startIdle(agent: "shell")
            let lease = try await sam.ask(one, "printf %s \"$SAM_LEASE\"")
            let message = Self.call("project")
            for path in ["/tools", "/tools/mcp", "/tools/", "/tools/mcp/", "/tools/mcp?session=1"] {
                #expect(try await sam.relay(path, with: lease, through: one, message).status == 200, "\(path)")
                #expect(try await sam.relay(path, with: lease, through: other, message).status == 401, "\(path)")
            }
            for path in ["/tools/other", "/toolsmcp", "/tools/mcp/more", "//tools", "/TOOLS"] {
                #expect(try await sam.relay(path, with: lease, through: one, message).status == 404, "\(path)")
            }
            #expect(try await sam.relay("/tools", with: lease, through: other, message).status == 401)
            #expect(try await sam.relay("/tools", with: nil, through: one, message).status == 401)
            #expect(
                try await sam.relay("/tools", with: "sam_lease_" + String(repeating: "0", count: 64), through: one, message).status == 401)
            #expect(try await sam.relay("/tools", with: lease, message).status == 404, "On the server's own address there are none")
            for id in [one, other] {
                _ = try await sam.sam("sessions", "cancel", id)
                try await sam.finish(id)
            }
        }
    }

    @Test("Claude Code asks a person through them, and works with the answer")
    func claude() async throws {
        try await SamFixture.with { sam in
            try sam.install(try RealAgent.claudeCode(), as: "claude")
            try await Self.rehearse(sam, tool: "mcp__sam__ask_person")
            try await Self.expectQuestion(from: "claude-code", sam)
        }
    }

    @Test("Codex asks a person through them, and works with the answer")
    func codex() async throws {
        try await SamFixture.with { sam in
            try sam.install(try RealAgent.codex(), as: "codex")
            try await Self.rehearse(sam, tool: "mcp__sam__ask_person")
            try await Self.expectQuestion(from: "codex", sam)
        }
    }

    private static func rehearse(_ sam: SamFixture, tool: String) async throws {
        try sam.write(
            """
            turns:
              - say: I ask.
                call:
                  - {name: \(tool), input: {question: "Which colour?"}}
              - say: I know now.
            """, to: "home/rehearsal.yaml")
        try await sam.serve()
        try await sam.project()
    }

    private static func expectQuestion(from agent: String, _ sam: SamFixture) async throws {
        let id = try await sam.start(agent, "Find out", permissions: "ask")
        let question = try await sam.question(of: id)
        #expect(question["title"] == "Which colour?", "\(question)")
        try await sam.act("sessions", "answer", id, "green")
        try await sam.waitForTurns(1, of: id)
        try await sam.act("sessions", "finish", id)
        let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
        #expect(session.phase == "completed" && session.said.contains("I know now."))
        #expect(session.payloads("toolCall").contains { $0["status"] == "completed" }, "\(session.payloads("toolCall"))")
    }
}
