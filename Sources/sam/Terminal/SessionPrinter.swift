import AgentProtocol
import ControlPlane
import Foundation
import Sessions

/// A session's events as lines on a terminal: text as it comes, and below it one line that says where things stand.
actor SessionPrinter {
    private let usual: [Phase: Int64]
    private var phase = Phase.queued
    private var phaseSince = Time.now
    private let begin: Int64
    private var atLineStart = true
    private var showsStatus = false
    private var toolTitles: [String: String] = [:]
    private var plan: [String] = []
    private var questions: Set<String> = []
    private let session: SessionID

    init(_ session: SessionView) {
        begin = session.createdAt
        self.session = session.id
        var usual: [Phase: Int64] = [:]
        for stage in session.stages ?? [] { usual[stage.phase] = stage.usualMilliseconds }
        self.usual = usual
    }

    // MARK: - Events

    func show(_ event: SessionEvent) {
        do {
            switch event.kind {
            case "state": try state(event.payload.decoded(), at: event.at)
            case "workspace": workspace(event.payload)
            case "prompt": prompt(event.payload)
            case "credential": credential(event.payload)
            case "handshake": handshake(event.payload)
            case "message": try message(event.payload.decoded())
            case "toolCall": try toolCall(event.payload.decoded())
            case "plan": try plan(event.payload.decoded())
            case "permission": try permission(event.payload.decoded())
            case "question": try question(event.payload.decoded())
            case "progress": line(Terminal.styled("… \(Terminal.plain(event.payload["text"]?.string ?? ""))", .dim))
            case "turnEnded": try turnEnded(event.payload.decoded())
            case "note": line(Terminal.styled("! \(Terminal.plain(event.payload["text"]?.string ?? ""))", .yellow))
            default: break
            }
        } catch {
            // An event that this program can't read is shown as what it is; the others matter more.
            line(Terminal.styled("? \(event.kind)", .dim))
        }
    }

    private func state(_ change: StateChange, at time: Int64) {
        phase = change.phase
        phaseSince = time
        let elapsed = Time.elapsed(time - begin)
        let attempt = change.attempt > 1 ? ", attempt \(change.attempt)" : ""
        line(Terminal.styled("● \(change.phase.rawValue)", .bold) + Terminal.styled("  \(elapsed)\(attempt)", .dim))
    }

    private func workspace(_ payload: JSONValue) {
        let branch = payload["defaultBranch"]?.string.map { " of \(Terminal.plain($0))" } ?? ""
        line(Terminal.styled("  from commit \(payload["base"]?.string?.prefix(12) ?? "?")\(branch)", .dim))
        if case .array(let notes)? = payload["notes"] {
            for note in notes { line(Terminal.styled("  ! \(Terminal.plain(note.string ?? ""))", .yellow)) }
        }
    }

    private func prompt(_ payload: JSONValue) {
        guard let text = payload["text"]?.string else {
            if payload["state"]?.string == PromptState.uncertain.rawValue {
                line(Terminal.styled("! Whether the agent saw the last prompt is not known. It is not sent again by itself.", .yellow))
            } else if payload["state"]?.string == PromptState.withdrawn.rawValue {
                line(Terminal.styled("› A prompt was taken back.", .dim))
            }
            return
        }
        line(Terminal.styled("› \(Terminal.plain(text))", .cyan))
    }

    private func credential(_ payload: JSONValue) {
        let provider = Terminal.plain(payload["provider"]?.string ?? "?")
        let scope = Terminal.plain(payload["scope"]?.string ?? "?")
        let way = payload["mode"]?.string == "materialised" ? ", as a file in the workspace" : ""
        line(Terminal.styled("  \(provider): the \(scope)'s credential\(way)", .dim))
    }

    private func handshake(_ payload: JSONValue) {
        let version = payload["version"]?.string.map { " \(Terminal.plain($0))" } ?? ""
        line(Terminal.styled("  \(Terminal.plain(payload["name"]?.string ?? "The agent"))\(version) is ready", .dim))
    }

    private func message(_ chunk: MessageChunk) {
        let text = Terminal.plain(chunk.text, keepingNewlines: true)
        write(chunk.role == .thought ? Terminal.styled(text, .dim) : text)
    }

    private func toolCall(_ call: ToolCall) {
        let known = toolTitles[call.id]
        let title = call.title.map { Terminal.plain($0) } ?? known ?? call.id
        toolTitles[call.id] = title
        switch call.status {
        case "completed": line(Terminal.styled("  ✓ \(title)", .green))
        case "failed": line(Terminal.styled("  ✗ \(title)", .red))
        default: if known == nil { line(Terminal.styled("  ▸ \(title)", .dim)) }
        }
    }

    private func plan(_ plan: Plan) {
        let entries = plan.entries.map { Terminal.plain($0.content) }
        guard entries != self.plan else { return }
        self.plan = entries
        line("Plan:")
        for (number, entry) in entries.enumerated() { line("  \(number + 1). \(entry)") }
    }

    private func permission(_ permission: Permission) {
        let what = Terminal.plain(permission.title)
        if let answer = permission.answer {
            questions.remove(permission.id)
            line(Terminal.styled("? \(what): \(answer.sentence)", .yellow))
        } else {
            questions.insert(permission.id)
            line(Terminal.styled("? The agent asks to be allowed: \(what)", .yellow, .bold))
            // Some agents take several answers of one kind; the first of them is meant.
            let words = Permission.Option.Kind.allCases.filter { kind in permission.options.contains { $0.kind == kind } }
                .map(\.word).joined(separator: "|")
            line(Terminal.styled("  Answer with: sam sessions answer \(session.rawValue) --question \(permission.id) \(words)", .yellow))
        }
    }

    private func question(_ question: QuestionEntry) {
        if let answer = question.answer {
            questions.remove(question.id)
            line(Terminal.styled("? \(answer.text.map { "Answered: \(Terminal.plain($0))" } ?? "Nobody answered.")", .yellow))
        } else {
            questions.insert(question.id)
            line(Terminal.styled("? The agent asks: \(Terminal.plain(question.title))", .yellow, .bold))
            for suggestion in question.suggestions ?? [] { line(Terminal.styled("    \(Terminal.plain(suggestion))", .yellow)) }
            line(Terminal.styled("  Answer with: sam sessions answer \(session.rawValue) --question \(question.id) TEXT", .yellow))
        }
    }

    private func turnEnded(_ end: TurnEnd) {
        if let error = end.error { line(Terminal.styled("✗ \(Terminal.plain(error))", .red)) }
    }

    // MARK: - Lines

    /// Draws the line below: where things stand and for how long.
    func drawStatus() {
        guard Terminal.isTerminal, atLineStart, !phase.isEnd else { return }
        let elapsed = Time.now - phaseSince
        let usually = usual[phase].map { ", usually \(Time.elapsed($0))" } ?? ""
        Terminal.write(
            "\r\u{1b}[2K"
                + Terminal.styled(
                    "◌ \(questions.isEmpty ? phase.rawValue : "needs an answer, \(phase.rawValue)") for \(Time.elapsed(elapsed))\(usually)",
                    .dim))
        showsStatus = true
    }

    func eraseStatus() {
        guard showsStatus else { return }
        Terminal.write("\r\u{1b}[2K")
        showsStatus = false
    }

    private func line(_ text: String) {
        eraseStatus()
        if !atLineStart { Terminal.write("\n") }
        Terminal.write(text + "\n")
        atLineStart = true
    }

    private func write(_ text: String) {
        guard let last = text.last else { return }
        eraseStatus()
        Terminal.write(text)
        atLineStart = last == "\n"
    }
}

extension Permission.Answer {
    /// How it went, for a person.
    fileprivate var sentence: String {
        switch by {
        case .person: "answered “\(Terminal.plain(option?.name ?? "nothing"))”"
        case .timeLimit: "nobody answered in time, so it was refused"
        case .flood: "refused, because too much is asked at once"
        case .turn: "no longer asked"
        }
    }
}

extension Permission.Option.Kind {
    /// What a person writes to choose it.
    fileprivate var word: String {
        switch self {
        case .allowOnce: "allow"
        case .allowAlways: "always"
        case .refuse: "refuse"
        }
    }
}
