import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1
import Sessions

struct SessionsAnswer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Answer what an agent asks.",
        discussion: """
            Without an answer it shows what is asked. When no answer comes in time (setting agents.answerSeconds), what the \
            agent asks to be allowed is refused, and any other question is dropped without an answer. Of proposed answers, \
            numbers or their own words are taken. The words allow, always and refuse are the same for every agent; a second \
            option of a kind has its number behind the word, as always-2. An option's id, as the API has it, is taken, too.

            EXAMPLES
              sam sessions answer s_0123456789ab
              sam sessions answer s_0123456789ab allow
              sam sessions answer s_0123456789ab refuse --question p2
              sam sessions answer s_0123456789ab refuse "In smaller steps, please"
              sam sessions answer s_0123456789ab "Use the second database"
              sam sessions answer s_0123456789ab 1,3
              sam sessions answer s_0123456789ab --item 1=2 --item 2="none of these"
            """)

    @OptionGroup var target: SessionArgument

    @Argument(
        help: """
            The answer: for what an agent asks to be allowed, allow, always, refuse or the option's number, and what to say with it; else \
            a text, or numbers or words of proposed answers.
            """)
    var answer: [String] = []

    @Option(help: "The answer to one of several things that are asked together, as NUMBER=ANSWER. Repeat it for the others.")
    var item: [String] = []

    @Option(help: "The question's id, where several are open.")
    var question: String?

    @Flag(help: "Print what is asked as JSON.")
    var json = false

    func validate() throws {
        guard item.isEmpty || answer.isEmpty else { throw ValidationError("Answer either with --item, for each, or without.") }
        for item in item where !item.contains("=") { throw ValidationError("--item is NUMBER=ANSWER, not “\(item)”.") }
    }

    func run() async throws {
        try await Connection.with { client in
            let session: SessionView = try await client.get(target.path)
            guard !answer.isEmpty || !item.isEmpty else {
                if json { return try Terminal.json(session.questions) }
                return session.questions.isEmpty ? Terminal.line("It asks nothing.") : session.questions.forEach { show($0) }
            }
            let open = try open(in: session)
            let (answer, said) = try answer(to: open)
            let _: SessionView = try await client.send(.POST, target.path + "/questions/\(open.id.pathSegment)", answer)
            Terminal.line("\(said): \(open.title)")
        }
    }

    private func open(in session: SessionView) throws -> OpenQuestion {
        let wanted = session.questions.filter { question == nil || $0.id == question }
        guard let open = wanted.first else {
            Terminal.warn("Session \(target.session) asks nothing\(question.map { " with the id \($0)" } ?? "").")
            throw ExitStatus.failed
        }
        guard wanted.count == 1 else {
            // The choice must not depend on the order of the questions.
            wanted.forEach { show($0) }
            Terminal.warn("Several questions are open. Say which with --question.")
            throw ExitStatus.failed
        }
        return open
    }

    /// The answer to send, and the text to print.
    private func answer(to open: OpenQuestion) throws -> (NewAnswer, said: String) {
        let words = answer.joined(separator: " ")
        switch open.kind {
        case .text where item.isEmpty: return (NewAnswer(text: open.text(for: words)), "Answered")
        case .permission where item.isEmpty:
            if let option = open.option(for: words) { return (NewAnswer(option: option.id), option.name) }
            if let option = open.option(for: answer[0]) {
                return (NewAnswer(option: option.id, text: answer.dropFirst().joined(separator: " ")), option.name)
            }
            throw noAnswer(words, to: open)
        case .inquiry: return (NewAnswer(answers: try answers(to: open)), "Answered")
        case .text, .permission:
            Terminal.warn("This asks one thing; answer it without --item.")
            throw ExitStatus.failed
        }
    }

    private func answers(to open: OpenQuestion) throws -> [String: [String]] {
        let items = open.items ?? []
        guard item.isEmpty else {
            var answers: [String: [String]] = [:]
            for pair in item {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard let asked = open.item(for: parts[0]), let taken = asked.answers(for: parts[1]) else { throw noAnswer(pair, to: open) }
                answers[asked.id, default: []] += taken
            }
            return answers
        }
        guard items.count == 1, let asked = items.first else {
            show(open)
            Terminal.warn("Several things are asked together. Answer each with --item NUMBER=ANSWER.")
            throw ExitStatus.failed
        }
        let words = answer.joined(separator: " ")
        // Several arguments are several choices if each is a choice, else one text.
        let each = answer.compactMap { asked.answers(for: $0) }.filter {
            $0.allSatisfy { label in asked.choices.contains { $0.label == label } }
        }
        if asked.allowsSeveral, answer.count > 1, each.count == answer.count {
            var seen: Set<String> = []
            return [asked.id: each.flatMap(\.self).filter { seen.insert($0).inserted }]
        }
        guard let taken = asked.answers(for: words) else { throw noAnswer(words, to: open) }
        return [asked.id: taken]
    }

    private func noAnswer(_ words: String, to open: OpenQuestion) -> ExitCode {
        show(open)
        Terminal.warn("“\(words)” is not an answer to this.")
        return ExitStatus.failed
    }

    private func show(_ open: OpenQuestion) {
        open.shown(at: Time.now).forEach { Terminal.line($0) }
    }
}
