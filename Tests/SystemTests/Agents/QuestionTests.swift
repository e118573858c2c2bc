import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("What agents ask, and what people say to them meanwhile")
struct QuestionTests {
    @Test("A question reaches the log, the session and the terminal; what is allowed is done, what is refused is not")
    func answers() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start("asking", "touch allowed", provider: nil, permissions: "ask")
            let question = try await sam.question(of: id)
            #expect(question["title"] == "touch allowed" && question["kind"] == "permission")
            #expect(question["options"]?.elements?.compactMap { $0["kind"]?.string } == ["allowOnce", "refuse"])
            let shown = try await sam.sam("sessions", "answer", id)
            #expect(shown.text.contains("touch allowed") && shown.text.contains("1  allow   Yes"), "\(shown.text)")
            let wrong = try await sam.sam("sessions", "answer", id, "maybe")
            #expect(wrong.termination != .exited(0) && wrong.standardError.contains("maybe"))
            try await sam.act("sessions", "answer", id, "allow")
            try await sam.waitForTurns(1, of: id)
            #expect(FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/allowed"))

            try await sam.act("sessions", "prompt", id, "touch refused")
            _ = try await sam.question(of: id)
            try await sam.act("sessions", "answer", id, "refuse")
            try await sam.waitForTurns(2, of: id)
            #expect(!FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/refused"))
            let late = try await sam.call(.POST, "/api/v1/sessions/\(id)/questions/p2", ["option": "y"])
            #expect(late.status == 409, "\(late.text)")
            try await sam.act("sessions", "cancel", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.payloads("permission").map { $0["answer"]?["by"] } == [nil, "person", nil, "person"])
            let audit = try await sam.sam("audit").text
            #expect(audit.contains("session.answered") && audit.contains("allowOnce: touch allowed"), "\(audit)")
        }
    }

    @Test("A request that is not answered within the setting's time is refused, and the session continues")
    func timeLimit() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            _ = try await sam.sam("settings", "set", "agents.answerSeconds", "5")
            let finished = try await sam.run(project: "project", agent: "asking", "touch made")
            #expect(finished.phase == "completed")
            #expect(finished.payloads("permission").last?["answer"]?["by"] == "timeLimit")
            #expect(finished.said.contains("refused") && finished.session["result"]?["branch"] == nil)
        }
    }

    @Test("The mode is the session's own, or the agent's, or everybody's; turned off, it is the careful one")
    func modes() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            func mode(_ requested: String? = nil) async throws -> String? {
                let id = try await sam.start("asking", "true", provider: nil, permissions: requested)
                let session = try await sam.call(.GET, "/api/v1/sessions/\(id)")
                _ = try await sam.sam("sessions", "cancel", id)
                return session["permissions"]?.string
            }
            #expect(try await mode() == "edits")
            let project = ["--scope", "project", "--project", "project"]
            #expect(try await sam.sam(["settings", "set", "agents.permissions", "everything"] + project).termination == .exited(0))
            #expect(try await mode() == "edits", "A project loosens nothing")
            #expect(try await sam.sam(["settings", "set", "agents.permissions", "ask"] + project).termination == .exited(0))
            #expect(try await mode() == "ask", "It can tighten")
            #expect(try await sam.sam(["settings", "clear", "agents.permissions"] + project).termination == .exited(0))
            #expect(try await sam.sam(["settings", "set", "agents.asking.arguments", "extra"] + project).termination == .exited(1))
            try await sam.act("settings", "set", "agents.permissions", "everything", "--scope", "platform")
            #expect(try await mode() == "everything")
            #expect(try await mode("ask") == "ask")
            try await sam.act("settings", "set", "agents.asking.permissions", "edits")
            #expect(try await mode() == "edits")
            try await sam.act("settings", "off", "agents.asking.permissions")
            #expect(try await mode() == "ask")
            try await sam.act("settings", "clear", "agents.asking.permissions")
            #expect(try await mode() == "everything")
            let refused = try await sam.sam("run", "--project", "project", "--agent", "asking", "--permissions", "all", "x")
            #expect(refused.termination == .exited(2) && refused.standardError.contains("ask"))
        }
    }

    @Test("An agent that asks without end is refused, and the first questions stay open")
    func flood() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start("asking-flood", "everything", provider: nil)
            try await eventually("sixteen stand") {
                try await sam.call(.GET, "/api/v1/sessions/\(id)")["questions"]?.elements?.count == 16
            }
            let unclear = try await sam.sam("sessions", "answer", id, "allow")
            #expect(unclear.termination == .exited(1) && unclear.standardError.contains("--question"))
            try await sam.act("sessions", "answer", id, "--question", "p1", "allow")
            try await sam.waitForTurns(1, of: id)
            let session = try await sam.call(.GET, "/api/v1/sessions/\(id)")
            #expect(session["questions"] == [], "The turn's end drops the others")
            try await sam.act("sessions", "cancel", id)
            try await sam.finish(id)
        }
    }

    @Test("Terminal escapes in what an agent says do nothing to a terminal")
    func escapes() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let ran = try await sam.sam("run", "--project", "project", "--agent", "escapes", "go")
            #expect(ran.termination == .exited(0) && ran.text.contains("harmless"))
            #expect(
                !ran.text.contains("\u{1b}]") && !ran.text.contains("\u{1b}[2J") && !ran.text.contains("\r"), "\(ran.text.debugDescription)"
            )
        }
    }

    @Test("A prompt that is kept can be changed and taken back; one that was handed over can't")
    func prompts() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start("asking", "echo first", provider: nil, permissions: "ask")
            _ = try await sam.question(of: id)
            func keep(_ text: String) async throws -> String {
                let reply = try await sam.call(.POST, "/api/v1/sessions/\(id)/prompts", ["text": .string(text)])
                #expect(reply["state"] == "kept", "\(reply.text)")
                return try #require(reply["id"]?.string)
            }
            let second = try await keep("echo second")
            let third = try await keep("echo third")
            try await sam.act("sessions", "edit", id, second, "echo changed")
            try await sam.act("sessions", "withdraw", id, third)
            let first = try #require(try await sam.json("sessions", "prompts", id)["prompts"]?.elements?.first?["id"]?.string)
            for (arguments, words) in [(["edit", id, first, "x"], "can't be changed"), (["withdraw", id, third], "can't be changed")] {
                let refused = try await sam.sam(["sessions"] + arguments)
                #expect(refused.termination == .exited(1) && refused.standardError.contains(words), "\(refused.standardError)")
            }
            #expect(try await sam.call(.DELETE, "/api/v1/sessions/\(id)/prompts/t_none").status == 404)
            for _ in 0..<2 {
                _ = try await sam.question(of: id)
                try await sam.act("sessions", "answer", id, "allow")
            }
            try await sam.waitForTurns(2, of: id)
            let states = try await sam.json("sessions", "prompts", id)["prompts"]?.elements?.compactMap { $0["state"]?.string }
            #expect(states == ["done", "done", "withdrawn"])
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.said.contains("changed") && !session.said.contains("second") && !session.said.contains("third"))
        }
    }

    @Test("Ready is never shown before the agent's answer is in the log, however slow its steps are")
    func readiness() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            // It takes 400 ms before it reads, before it answers `initialize`, and before it answers `session/new`.
            let id = try await sam.start("slow", "echo done", provider: nil)
            var seen: [String] = []
            while seen.last != "ready", seen.last != "working" {
                let session = try await sam.call(.GET, "/api/v1/sessions/\(id)")
                let phase = try #require(session["phase"]?.string)
                try #require(session["settled"] != true)
                if seen.last != phase { seen.append(phase) }
                if phase == "starting" { #expect(session["waitingFor"] == "the agent's answer to the handshake", "\(session.text)") }
                let log = try await sam.call(.GET, "/api/v1/sessions/\(id)/events?limit=1000")["events"]?.elements ?? []
                // Read after the session: what it showed before has to be explained by what stands there now.
                if phase == "ready" || phase == "working" { #expect(log.contains { $0["kind"] == "handshake" }) }
            }
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            try session.expectReadyByEvidence()
            func time(_ isIt: (JSONValue) -> Bool) throws -> Int {
                let event = session.events.first(where: isIt)
                guard case .integer(let time)? = event?["at"] else { throw FinishedSession.Missing() }
                return time
            }
            let starting = try time { $0["payload"]?["phase"] == "starting" }
            // It was started when the log says so, and all of its three steps lie between that and its readiness.
            #expect(try time { $0["kind"] == "handshake" } - starting >= 800)
        }
    }
}
