import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1
import Sessions

struct SessionsAnswer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Answer what an agent asks.",
        discussion: """
            Without an answer it shows what is asked. A question that nobody answers in time is refused \
            (setting agents.answerSeconds).

            EXAMPLES
              sam sessions answer SESSION
              sam sessions answer SESSION allow
              sam sessions answer SESSION refuse --question p2
              sam sessions answer SESSION "Use the second database"
            """)

    @OptionGroup var target: SessionArgument

    @Argument(help: "allow, always, refuse, or the id of one of the options; a text where that is asked for.")
    var answer: [String] = []

    @Option(help: "Which question, where several are open.")
    var question: String?

    @Flag(help: "Print what is asked as JSON.")
    var json = false

    func run() async throws {
        try await Connection.with { client in
            let session: SessionView = try await client.get(target.path)
            let answer = answer.joined(separator: " ")
            guard !answer.isEmpty else {
                if json { return Terminal.line(try JSONLine.text(session.questions)) }
                return session.questions.isEmpty ? Terminal.line("It asks nothing.") : session.questions.forEach { show($0) }
            }
            let wanted = session.questions.filter { question == nil || $0.id == question }
            guard let open = wanted.first else {
                Terminal.warn("Session \(target.session) asks nothing\(question.map { " with the id \($0)" } ?? "").")
                throw ExitStatus.failed
            }
            guard wanted.count == 1 else {
                // Which one is meant must not depend on which was asked first.
                wanted.forEach { show($0) }
                Terminal.warn("Several questions are open. Say which with --question.")
                throw ExitStatus.failed
            }
            if open.kind == .text {
                let _: SessionView = try await client.send(
                    .POST, target.path + "/questions/\(open.id.pathSegment)", NewAnswer(text: answer))
                return Terminal.line("Answered: \(Terminal.plain(open.title))")
            }
            guard let option = open.option(for: answer) else {
                show(open)
                Terminal.warn("“\(answer)” is no answer to this.")
                throw ExitStatus.failed
            }
            let _: SessionView = try await client.send(
                .POST, target.path + "/questions/\(open.id.pathSegment)", NewAnswer(option: option.id))
            Terminal.line("\(Terminal.plain(option.name)): \(Terminal.plain(open.title))")
        }
    }

    private func show(_ open: OpenQuestion) {
        Terminal.line("\(open.id)  \(Terminal.plain(open.title))")
        for suggestion in open.suggestions ?? [] { Terminal.line("    \(Terminal.plain(suggestion))") }
        for option in open.options { Terminal.line("    \(Terminal.plain(option.id))  \(Terminal.plain(option.name))") }
        if let until = open.until {
            Terminal.line(Terminal.styled("    refused in \(Time.elapsed(until - Time.now)) if nobody answers", .dim))
        }
    }
}

extension OpenQuestion {
    /// The option that a person means: by SAM's words for it, or by its id.
    func option(for answer: String) -> Permission.Option? {
        // SAM's words first: an agent could give one of them to another answer.
        let kind: Permission.Option.Kind? =
            switch answer {
            case "allow": .allowOnce
            case "always": .allowAlways
            case "refuse": .refuse
            default: nil
            }
        return kind.map { kind in options.first { $0.kind == kind } } ?? options.first { $0.id == answer }
    }
}
