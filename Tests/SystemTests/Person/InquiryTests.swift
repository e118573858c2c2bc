import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("What an agent wants to know, as a person is asked")
struct InquiryTests {
    private static let items = [
        Inquiry.Item(
            id: "colour", header: "Colour", text: "Which colour?\u{1b}[2J",
            choices: [.init(label: "Red", detail: "as before"), .init(label: "Green"), .init(label: "Blue")], allowsText: false),
        Inquiry.Item(
            id: "parts", header: "Parts", text: "Which parts?",
            choices: [.init(label: "Core"), .init(label: "Docs"), .init(label: "Tests")],
            allowsSeveral: true),
        Inquiry.Item(id: "name", text: "What name?", choices: []),
    ]

    private func asked(_ id: String = "p1", items: [Inquiry.Item] = items) -> Inquiry { Inquiry(id: id, toolCall: "c", items: items) }

    private func settled(_ inquiry: Inquiry, _ answers: [String: [String]]) -> AgentEvent {
        var inquiry = inquiry
        inquiry.answer = Inquiry.Answer(items: answers, by: .person)
        return .inquiry(inquiry)
    }

    private func reply(_ answers: [String: [String]], to id: String = "p1") -> AgentCommand {
        .reply(AgentCommand.Reply(inquiry: id, answers: answers))
    }

    @Test("The API shows what is asked and takes answers by item; what is wrong with one is said, and the first right one counts")
    func api() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await StandInRunner.with(sam) { runner in
                try await runner.tell(.inquiry(asked()))
                let question = try await sam.question(of: runner.session)
                #expect(question["kind"] == "inquiry" && question["items"]?.elements?.count == 3, "\(question)")
                #expect(question["items"]?.elements?.first?["choices"]?.elements?.first?["detail"] == "as before")
                let path = "/api/v1/sessions/\(runner.session)/questions/p1"
                let wrong: [(JSONValue, Int, String)] = [
                    (["answers": ["colour": ["Red"], "parts": ["Core"]]], 400, "“What name?” is missing"),
                    (["answers": ["colour": ["Black"], "parts": ["Core"], "name": ["x"]]], 400, "not one of the choices"),
                    (["answers": ["colour": ["Red", "Green"], "parts": ["Core"], "name": ["x"]]], 400, "takes one answer"),
                    (["answers": ["size": ["1"]]], 400, "no item “size”"), (["text": "Red"], 400, "“answers”"),
                    (["option": "Red"], 400, "“answers”"), ([:], 400, "An answer is"),
                    (["answers": ["colour": ["Red"]], "text": "x"], 400, "An answer is"),
                    (["answers": ["colour": "Red"]], 400, "another type"),
                ]
                for (body, status, words) in wrong {
                    let refused = try await sam.call(.POST, path, body)
                    #expect(refused.status == status && refused.text.contains(words), "\(refused.text)")
                }
                let answers = ["colour": ["Green"], "parts": ["Docs", "Tests", "and more"], "name": ["x"]]
                let body = try JSONValue(encoding: ["answers": answers])
                let taken = try await sam.call(.POST, path, body)
                #expect(taken.status == 202 && taken["questions"] == [], "\(taken.text)")
                #expect(try await sam.call(.POST, path, body).status == 409)
                #expect(try await runner.commands() == [reply(answers)])
                try await runner.tell(settled(asked(), answers))
                let session = try await runner.end()
                #expect(session.payloads("inquiry").count == 2)
                #expect(try await sam.sam("sessions", "watch", runner.session).text.contains("? Parts: Docs, Tests, and more"))
            }
        }
    }

    @Test("The command line shows what is asked with numbers, and takes those, words and texts")
    func commandLine() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await StandInRunner.with(sam) { runner in
                let id = runner.session
                try await runner.tell(.inquiry(asked()))
                let shown = try await sam.sam("sessions", "answer", id).text
                for words in ["1. [Colour] Which colour?", "1  Red: as before", "2. [Parts] Which parts?", "3. What name?"] {
                    #expect(shown.contains(words), "\(words) in \(shown)")
                }
                #expect(!shown.contains("\u{1b}"))
                for arguments in [["Red"], ["--item", "1=4", "--item", "2=1", "--item", "3=x"], ["--item", "4=x"]] {
                    let refused = try await sam.sam(["sessions", "answer", id] + arguments)
                    #expect(refused.termination == .exited(1), "\(arguments): \(refused.text)")
                }
                #expect(try await sam.sam("sessions", "answer", id, "--item", "x").termination == .exited(2))
                try await sam.act("sessions", "answer", id, "--item", "1=green", "--item", "Parts=1,3", "--item", "name=a=b")
                #expect(try await runner.commands() == [reply(["colour": ["Green"], "parts": ["Core", "Tests"], "name": ["a=b"]])])

                // One thing alone is answered without a number; several choices are several words.
                try await runner.tell(settled(asked(), [:]), .inquiry(asked("p2", items: [Self.items[1]])))
                try await sam.act("sessions", "answer", id, "docs", "2", "Tests")
                try await runner.tell(settled(asked("p2"), [:]), .inquiry(asked("p3", items: [Self.items[1]])))
                try await sam.act("sessions", "answer", id, "none", "of", "these")
                #expect(
                    try await runner.commands().suffix(2) == [
                        reply(["parts": ["Docs", "Tests"]], to: "p2"), reply(["parts": ["none of these"]], to: "p3"),
                    ])
                _ = try await runner.end()
            }
        }
    }

    @Test("On the terminal that follows the session each thing is asked by itself: a number, several, a text")
    func terminal() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            try await StandInRunner.with(sam) { runner in
                try await runner.tell(.inquiry(asked()))
                let expected = ["colour": ["Blue"], "parts": ["Core", "Tests"], "name": ["the last"]]
                let ending = Task {
                    try await eventually("it is answered") { try await runner.commands() == [reply(expected)] }
                    try await runner.tell(settled(asked(), expected))
                    return try await runner.end()
                }
                let shown = try await sam.onTerminal(
                    [("(a number)", "9"), ("That is not an answer", "3"), ("one or several numbers", "1, 3"), ("(a text)", "the last")],
                    ["sessions", "watch", runner.session])
                _ = try await ending.value
                #expect(shown.contains("? Colour: Blue") && shown.contains("? Parts: Core, Tests"), "\(shown)")
                #expect(!shown.contains("Which colour?\u{1b}"))
            }
        }
    }

    @Test("A plan is shown whole, refused with words, and then approved")
    func plan() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await StandInRunner.with(sam) { runner in
                func plan(_ id: String) -> Permission {
                    Permission(
                        id: id, toolCall: "c", title: "Carry out the plan",
                        options: [.init(id: "go", name: "Go", kind: .allowOnce), .init(id: "no", name: "No", kind: .refuse)],
                        plan: "# Plan\n\n1. first\u{1b}[2J\n2. second")
                }
                let id = runner.session
                try await runner.tell(.permission(plan("p1")))
                #expect(try await sam.question(of: id)["plan"]?.string?.hasPrefix("# Plan") == true)
                let shown = try await sam.sam("sessions", "answer", id).text
                #expect(shown.contains("    │ # Plan\n") && shown.contains("    │ 2. second\n") && !shown.contains("\u{1b}"), "\(shown)")
                let path = "/api/v1/sessions/\(id)/questions/p1"
                #expect(try await sam.call(.POST, path, ["text": "smaller"]).status == 400)
                #expect(
                    try await sam.call(.POST, path, ["option": "no", "text": .string(String(repeating: "x", count: 40_000))]).status == 400)
                try await sam.act("sessions", "answer", id, "refuse", "In", "smaller steps")
                var refused = plan("p1")
                refused.answer = Permission.Answer(option: refused.refusal, by: .person, text: "In smaller steps")
                try await runner.tell(.permission(refused), .permission(plan("p2")))
                try await sam.act("sessions", "answer", id, "allow")
                #expect(
                    try await runner.commands() == [
                        .answer(AgentCommand.Answer(permission: "p1", option: "no", text: "In smaller steps")),
                        .answer(AgentCommand.Answer(permission: "p2", option: "go")),
                    ])
                let session = try await runner.end()
                #expect(session.payloads("permission").count == 3)
                let watched = try await sam.sam("sessions", "watch", id).text
                #expect(watched.contains("    │ 1. first") && watched.contains("answered “No”: In smaller steps"), "\(watched)")
            }
        }
    }
}
