import AgentProtocol
import Foundation
import Testing

@Suite("Answering on the terminal that follows a session")
struct TerminalAnswerTests {
    private let asking = ["run", "--project", "project", "--agent", "asking", "--permissions", "ask"]

    @Test("What the agent asks to be allowed is asked on the terminal, and a number allows it")
    func allow() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let shown = try await sam.onTerminal([("A number, or allow", "9"), ("A number, or allow", "1")], asking + ["touch made"])
            #expect(shown.contains("touch made") && shown.contains("1  Yes"), "\(shown)")
            #expect(!shown.contains("sam sessions answer"), "Nobody has to go elsewhere: \(shown)")
            let session = try #require(try await sam.json("sessions", "list")["sessions"]?.elements?.first)
            #expect(session["phase"] == "completed" && session["result"]?["branch"] != nil)
        }
    }

    @Test("A refusal takes words, which stand in the log; an agent that takes none gets the refusal alone, and that is said")
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
