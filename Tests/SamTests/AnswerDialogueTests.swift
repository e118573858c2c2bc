import AgentProtocol
import ControlPlane
import Testing

@testable import Sessions
@testable import sam

@Suite("A question asked on a terminal")
struct AnswerDialogueTests {
    private static let options = [
        Permission.Option(id: "y", name: "Yes", kind: .allowOnce), Permission.Option(id: "n", name: "No", kind: .refuse),
    ]

    private static func permission(_ title: String) -> OpenQuestion {
        OpenQuestion(Permission(id: "p1", title: title, options: options))
    }

    private static func text(_ suggestions: [String]) -> OpenQuestion {
        OpenQuestion(id: "q1", text: "Which\u{1b}[2J?", suggestions: suggestions, until: 0)
    }

    private static let inquiry = OpenQuestion(
        Inquiry(
            id: "p1",
            items: [
                .init(id: "a", text: "First?", choices: [.init(label: "A"), .init(label: "B")]),
                .init(id: "b", text: "Second?", choices: []),
            ]))

    @Test(
        "A question that is shown names the command that answers it",
        arguments: [
            (permission("x"), true, "sam sessions answer s_1 allow|refuse"), (text([]), true, "sam sessions answer s_1 \"…\""),
            (text(["A"]), false, "sam sessions answer s_1 NUMBER|\"…\" --question q1"),
            (inquiry, true, "sam sessions answer s_1 --item 1=NUMBER|\"…\" --item 2=\"…\""),
        ])
    func command(_ question: OpenQuestion, _ isOnly: Bool, _ command: String) {
        #expect(question.command(in: SessionID(rawValue: "s_1"), isOnly: isOnly).rendered(colour: false) == command)
        #expect(question.shown(at: 0).first?.rendered(colour: false).hasPrefix(question.id) == true)
    }

    @Test(
        "The words that choose are the same on the terminal and in the command, whatever ids the agent has; numbers and ids are taken, too",
        arguments: [
            ("allow", "deny"), ("1", "deny"), ("always", "x"), ("2", "x"), ("always-2", "always"), ("3", "always"), ("refuse", "1"),
            ("4", "1"),
            ("x", "x"), ("deny", "deny"), ("always-3", nil), ("5", nil), ("0", nil), ("-1", nil), ("", nil), ("Allow", nil),
        ] as [(String, String?)])
    func choices(_ typed: String, _ id: String?) {
        // As unkind as an agent can be: the ids are words and numbers of other options.
        let question = OpenQuestion(
            Permission(
                id: "p1", title: "x",
                options: [
                    .init(id: "deny", name: "Yes", kind: .allowOnce), .init(id: "x", name: "Here", kind: .allowAlways),
                    .init(id: "always", name: "Everywhere", kind: .allowAlways), .init(id: "1", name: "No", kind: .refuse),
                ]))
        #expect(question.option(for: typed)?.id == id)
        let shown = question.lines.map { $0.rendered(colour: false) }
        #expect(shown == ["    1  allow     Yes", "    2  always    Here", "    3  always-2  Everywhere", "    4  refuse    No"])
        #expect(
            AnswerDialogue(question).asked.dropFirst().map { $0.rendered(colour: false) }
                == shown + ["  A number, or allow, always, always-2, refuse:"])
        #expect(
            question.command(in: SessionID(rawValue: "s_1"), isOnly: true).rendered(colour: false)
                == "sam sessions answer s_1 allow|always|always-2|refuse")
    }

    private func answer(_ turn: AnswerDialogue.Turn) -> NewAnswer? {
        if case .answer(let answer) = turn { answer } else { nil }
    }

    @Test(
        "It names who asks and what, without a control character",
        arguments: [
            (permission("touch a\u{1b}[2J\u{7}"), ["touch a^[[2J^G", "1  allow   Yes", "2  refuse  No", "A number, or allow, refuse:"]),
            (text(["Postgres"]), ["Which^[[2J?", "1  Postgres", "A number, or your answer:"]), (text([]), ["Which^[[2J?", "Your answer:"]),
            (inquiry, ["1. First?", "1  A"]),
        ] as [(OpenQuestion, [String])])
    func asked(question: OpenQuestion, words: [String]) {
        let lines = AnswerDialogue(question, asker: "A sub-agent (Explore)").asked.map { $0.rendered(colour: false) }
        #expect(lines.first?.hasPrefix("  A sub-agent (Explore) asks") == true)
        let shown = lines.joined(separator: "\n")
        for word in words { #expect(shown.contains(word), "\(word) in \(shown)") }
        #expect(!shown.contains("\u{1b}") && !shown.contains("\u{7}"))
    }

    @Test("Shown again, it continues where it was: at its next item, or at the words of a refusal")
    func shownAgain() {
        var inquiry = AnswerDialogue(Self.inquiry)
        _ = inquiry.take("B")
        #expect(inquiry.asked.first == "  The agent asks:" && inquiry.asked.contains { $0.rendered(colour: false).contains("2. Second?") })
        #expect(answer(inquiry.take("x"))?.answers == ["a": ["B"], "b": ["x"]])
        var permission = AnswerDialogue(Self.permission("touch a"))
        _ = permission.take("2")
        #expect(permission.asked.count == 2 && permission.asked.contains { $0.rendered(colour: false).contains("touch a") })
        let refused = answer(permission.take("not now"))
        #expect(refused?.option == "n" && refused?.text == "not now")
    }

    @Test(
        "A text question takes the number of a suggestion, or any other text, on the terminal as in the command",
        arguments: [
            ("2", "SQLite"), (" 1 ", "Postgres"), ("3", "3"), ("0", "0"), ("-1", "-1"), ("SQLite", "SQLite"), ("2 of them", "2 of them"),
        ])
    func suggestions(words: String, text: String) {
        let question = Self.text(["Postgres", "SQLite"])
        #expect(question.text(for: words) == text)
        var dialogue = AnswerDialogue(question)
        #expect(answer(dialogue.take(words))?.text == text)
        #expect(question.lines == ["    1  Postgres", "    2  SQLite"])
    }
}
