import AgentProtocol
import Foundation
import Testing

@testable import SystemSupport

@Suite("Answering on the terminal that follows a session")
struct TerminalAnswerTests {
    private let asking = ["run", "--project", "project", "--agent", "asking", "--permissions", "ask"]

    @Test("What the agent asks to be allowed is asked on the terminal, and a number allows it")
    func allow() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let shown = try await sam.onTerminal([("A number, or allow", "9"), ("A number, or allow", "1")], asking + ["touch made"])
            #expect(shown.contains("touch made") && shown.contains("1  allow   Yes"), "\(shown)")
            #expect(!shown.contains("sam sessions answer"), "Nobody has to go elsewhere: \(shown)")
            let session = try #require(try await sam.json("sessions", "list")["sessions"]?.elements?.first)
            #expect(session["phase"] == "completed" && session["result"]?["branch"] != nil)
        }
    }

    @Test("A refusal takes words, which are logged; an agent that takes none gets the refusal alone, and that is said")
    func refuse() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let shown = try await sam.onTerminal([("A number, or allow", "refuse"), ("Why not", "not now")], asking + ["touch made"])
            #expect(shown.contains("answered “No”: not now") && shown.contains("takes no words"), "\(shown)")
            let session = try #require(try await sam.json("sessions", "list")["sessions"]?.elements?.first)
            let id = try #require(session["id"]?.string)
            let finished = FinishedSession(session: session, events: try await sam.events(id))
            #expect(finished.payloads("permission").last?["answer"]?["text"] == "not now")
        }
    }

    @Test("Of two sub-agents that ask, each is answered by its own name, and a question that other lines cover is shown again")
    func twoAsking() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            try await StandInRunner.with(sam) { runner in
                func asked(_ id: String, _ title: String) -> Permission {
                    Permission(
                        id: id, toolCall: "c", title: title,
                        options: [.init(id: "y", name: "Yes", kind: .allowOnce), .init(id: "n", name: "No", kind: .refuse)], parent: id)
                }
                func openings() -> Int {
                    let shown = (try? String(contentsOfFile: sam.scratch + "/shown", encoding: .utf8)) ?? ""
                    return shown.components(separatedBy: "  A sub-agent asks to be allowed: touch one").count - 1
                }
                try await runner.tell(.permission(asked("p1", "touch one")), .permission(asked("p2", "touch two")))
                let ending = Task {
                    try await eventually("it is asked") { openings() > 0 }
                    let before = openings()
                    try await runner.tell(.note(Note("Something else.")))
                    try await eventually("it is asked again") { openings() > before }
                    try await runner.tell(.note(Note("Now answer.")))
                    try await eventually("both are answered") { try await runner.commands().count == 2 }
                    #expect(
                        try await runner.commands() == [
                            .answer(AgentCommand.Answer(permission: "p1", option: "y")),
                            .answer(AgentCommand.Answer(permission: "p2", option: "n", text: "not that")),
                        ])
                    return try await runner.end()
                }
                let shown = try await sam.onTerminal(
                    [("Now answer.", "1"), ("  A sub-agent asks to be allowed: touch two", "2"), ("Why not", "not that")],
                    ["sessions", "watch", runner.session])
                #expect(try await ending.value.phase == "completed", "\(shown)")
            }
        }
    }

    @Test("A question that is answered elsewhere is no longer asked here")
    func elsewhere() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let answering = Task {
                try await eventually("something is asked") {
                    let session = try await sam.json("sessions", "list")["sessions"]?.elements?.first
                    return session?["questions"]?.elements?.isEmpty == false
                }
                let id = try await sam.json("sessions", "list")["sessions"]?.elements?.first?["id"]?.string
                try await sam.act("sessions", "answer", try #require(id), "refuse", "as I said")
            }
            let shown = try await sam.onTerminal([("answered “No”", "1")], asking + ["touch made"])
            try await answering.value
            #expect(shown.contains("as I said"))
            let session = try #require(try await sam.json("sessions", "list")["sessions"]?.elements?.first)
            #expect(session["phase"] == "completed" && session["result"]?["branch"] == nil)
        }
    }
}
