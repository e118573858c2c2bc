import AgentProtocol
import ControlPlane
import Foundation
import Sessions
import Wording
import Workspaces

/// Prints a session's events on a terminal as they arrive, with a status line below.
actor SessionPrinter {
    private let usual: [Phase: Int64]
    private var phase = Phase.queued
    private var phaseSince = Time.now
    private let begin: Int64
    private var atLineStart = true
    private var showsStatus = false
    private var toolTitles: [String: String] = [:]
    /// The call whose sub-agent made a call.
    private var parents: [String: String] = [:]
    /// The speaker of the current lines.
    private var voice: Voice?
    private var speech = VisibleText.Stream(.block)
    /// Whether colour distinguishes thoughts from text, so that they need no heading.
    private let hasColour: Bool
    private var plan: [String] = []
    private var questions: Set<String> = [] {
        didSet { if questions != oldValue { questionChanges += 1 } }
    }
    private var promptTexts: [String: String] = [:]
    /// The agent's background tasks.
    private var tasks: [BackgroundWork.Task] = []
    private var turns = 0
    private let session: SessionID
    /// Whether questions are asked on this terminal, so that no hint on answering elsewhere is needed.
    private let asksHere: Bool
    private var isTyping = false
    /// The number of times that a question was opened or closed.
    private(set) var questionChanges = 0
    /// The number of outputs after the question that is asked here; 0 while it is last.
    private(set) var writtenBelow = 0
    private let output: @Sendable (PrintedText) -> Void
    private var steps = StepLines()

    /// - Parameter output: writes to the terminal.
    init(
        _ session: SessionView, asksHere: Bool = false, hasColour: Bool = Terminal.hasColour,
        output: @escaping @Sendable (PrintedText) -> Void = { Terminal.write($0) }
    ) {
        self.asksHere = asksHere
        self.hasColour = hasColour
        self.output = output
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
            case "inquiry": try inquiry(event.payload.decoded())
            case "question": try question(event.payload.decoded())
            case "background": try background(event.payload.decoded())
            case "turnStarted": try turnStarted(event.payload.decoded())
            case "progress": line(Terminal.styled("… \(event.payload["text"]?.string ?? "")", .dim))
            case "turnEnded": try turnEnded(event.payload.decoded())
            case "note": line(Terminal.styled("! \(event.payload["text"]?.string ?? "")", .yellow))
            default: break
            }
        } catch {
            // An event that this program can't read is shown by its kind.
            line(Terminal.styled("? \(event.kind)", .dim))
        }
    }

    private func state(_ change: StateChange, at time: Int64) {
        phase = change.phase
        phaseSince = time
        _ = steps.take(nil, at: time)
        // No question is open after the end. A runner that died may not have logged the end of an answered one.
        if phase.isEnd, phase != .interrupted { questions = [] }
        let elapsed = Time.elapsed(time - begin)
        let attempt = change.attempt > 1 ? ", attempt \(change.attempt)" : ""
        line(Terminal.styled("● \(change.phase.rawValue)", .bold) + Terminal.styled("  \(elapsed)\(attempt)", .dim))
    }

    private func workspace(_ payload: JSONValue) {
        let branch = payload["defaultBranch"]?.string.map { " of \($0)" } ?? ""
        line(Terminal.styled("  from commit \(String(payload["base"]?.string?.prefix(12) ?? "?"))\(branch)", .dim))
        if case .array(let notes)? = payload["notes"] {
            for note in notes { line(Terminal.styled("  ! \(note.string ?? "")", .yellow)) }
        }
    }

    private func prompt(_ payload: JSONValue) {
        guard let text = payload["text"]?.string else {
            if payload["state"]?.string == PromptState.uncertain.rawValue {
                line(Terminal.styled("! Whether the agent saw the last prompt is not known. It is not sent again by itself.", .yellow))
            } else if payload["state"]?.string == PromptState.cancelled.rawValue {
                line(Terminal.styled("› The last prompt is not answered to its end, because the session was cancelled.", .dim))
            } else if payload["state"]?.string == PromptState.withdrawn.rawValue {
                line(Terminal.styled("› A prompt was taken back.", .dim))
            }
            return
        }
        let images = payload["images"]?.wholeNumber.map { " (\($0.of("image")))" } ?? ""
        if let id = payload["id"]?.string { promptTexts[id] = text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        line(Terminal.styled("› \(block: text, indent: 2)\(images)", .cyan))
    }

    private func credential(_ payload: JSONValue) {
        let provider = payload["provider"]?.string ?? "?"
        let scope = payload["scope"]?.string ?? "?"
        let way = payload["mode"]?.string == "materialised" ? ", as a file in the workspace" : ""
        line(Terminal.styled("  \(provider): the \(scope)'s credential\(way)", .dim))
    }

    private func handshake(_ payload: JSONValue) {
        let version = payload["version"]?.string.map { " \($0)" } ?? ""
        line(Terminal.styled("  \(payload["name"]?.string ?? "The agent")\(version) is ready", .dim))
    }

    private func message(_ chunk: MessageChunk) {
        // Does not continue the line that a person types into.
        if isTyping, writtenBelow == 0 { finishLine() }
        let next = Voice(parent: chunk.parent, isThought: chunk.role == .thought)
        if voice != next {
            finishLine()
            if let heading = heading(of: next) { line(Terminal.styled("\(blanks(indent(under: next.parent)))\(heading):", .dim)) }
            voice = next
        }
        utter(speech.take(chunk.text), as: next)
    }

    /// The speaker of a text, and whether it is a thought.
    private struct Voice: Equatable {
        /// The call whose sub-agent speaks; `nil` for the main agent.
        var parent: String?
        var isThought: Bool
    }

    /// The heading of a speaker's text; `nil` for the agent's own messages.
    private func heading(of voice: Voice) -> String? {
        let thinks = voice.isThought && !hasColour
        guard let parent = voice.parent else { return thinks ? "Thinking" : nil }
        return (toolTitles[parent].map { "“\($0)”" } ?? "A sub-agent") + (thinks ? ", thinking" : "")
    }

    private func utter(_ text: VisibleText, as voice: Voice) {
        let blanks = blanks(indent(under: voice.parent) + (voice.isThought && !hasColour ? 2 : 0))
        // Without colours and movement nothing else tells an agent's line from one of SAM's.
        let said = PrintedText(text).prefixed(with: hasColour ? "\(blanks)" : "\(blanks)\(Terminal.mark)", startsLine: atLineStart)
        write(voice.isThought ? Terminal.styled(said, .dim) : said)
    }

    /// The indentation of a sub-agent's output below its call.
    private func indent(under parent: String?) -> Int {
        var depth = 0
        var next = parent
        // An agent could name a call as its own parent.
        while let call = next, depth < 4 {
            depth += 1
            next = parents[call]
        }
        return depth * 4
    }

    private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

    private func toolCall(_ call: ToolCall) {
        let known = toolTitles[call.id]
        let title = call.title ?? known ?? call.id
        toolTitles[call.id] = title
        if let parent = call.parent { parents[call.id] = parent }
        let blanks = blanks(indent(under: call.parent ?? parents[call.id]))
        switch call.status {
        case "completed": line(Terminal.styled("\(blanks)  ✓ \(title)", .green))
        case "failed": line(Terminal.styled("\(blanks)  ✗ \(title)", .red))
        default: if known == nil { line(Terminal.styled("\(blanks)  ▸ \(title)", .dim)) }
        }
    }

    private func plan(_ plan: Plan) {
        let entries = plan.entries.map(\.content)
        guard entries != self.plan else { return }
        self.plan = entries
        line("Plan:")
        for (number, entry) in entries.enumerated() { line("  \(number + 1). \(entry)") }
    }

    private func permission(_ permission: Permission) {
        let what = permission.title
        if let answer = permission.answer {
            questions.remove(permission.id)
            line(Terminal.styled("? \(what): \(answer.sentence)", .yellow))
        } else {
            questions.insert(permission.id)
            line(Terminal.styled("? \(asker(permission.parent)) asks to be allowed: \(what)", .yellow, .bold))
            if let plan = permission.plan {
                line(Terminal.styled("  The plan:", .yellow))
                for text in Terminal.quoted(plan, by: 4) { line(text) }
            }
            guard !asksHere else { return }
            for text in PermissionChoice.lines(permission.options) { line(Terminal.styled(text, .yellow)) }
            let words = PermissionChoice.all(permission.options).map(\.word).joined(separator: "|")
            let saying = permission.plan == nil ? "" : " [\"what to do instead\"]"
            line(
                Terminal.styled(
                    "  Answer with: sam sessions answer \(session.rawValue) --question \(permission.id) \(words)\(saying)", .yellow))
        }
    }

    /// The asking agent's name: the agent, or the sub-agent of a call.
    func asker(_ parent: String?) -> String {
        guard let parent else { return "The agent" }
        return toolTitles[parent].map { "A sub-agent (\($0))" } ?? "A sub-agent"
    }

    private func inquiry(_ inquiry: Inquiry) {
        if let answer = inquiry.answer {
            questions.remove(inquiry.id)
            guard let items = answer.items else {
                return line(Terminal.styled("? \(answer.by == .turn ? "No longer asked." : "Not answered.")", .yellow))
            }
            for item in inquiry.items {
                let said = (items[item.id] ?? []).joined(separator: ", ")
                line(Terminal.styled("? \(item.header ?? item.text): \(said)", .yellow))
            }
        } else {
            questions.insert(inquiry.id)
            line(Terminal.styled("? \(asker(inquiry.parent)) asks:", .yellow, .bold))
            guard !asksHere else { return }
            for (number, item) in inquiry.items.enumerated() {
                for text in item.lines(number: inquiry.items.count > 1 ? number + 1 : nil) { line(Terminal.styled(text, .yellow)) }
            }
            let answers =
                inquiry.items.count == 1 ? "ANSWER" : inquiry.items.indices.map { "--item \($0 + 1)=ANSWER" }.joined(separator: " ")
            line(Terminal.styled("  Answer with: sam sessions answer \(session.rawValue) --question \(inquiry.id) \(answers)", .yellow))
        }
    }

    private func background(_ work: BackgroundWork) {
        let known = Set(tasks.map(\.id))
        let running = Set(work.tasks.map(\.id))
        for task in work.tasks where !known.contains(task.id) {
            line(Terminal.styled("  ⧖ runs beside, \(task.kind.word): \(task.title)", .dim))
        }
        for task in tasks where !running.contains(task.id) { line(Terminal.styled("  ⧗ over: \(task.title)", .dim)) }
        tasks = work.tasks
    }

    private func turnStarted(_ turn: Turn) {
        turns += 1
        guard turn.isFollowUp == true else { return }
        let prompt = promptTexts[turn.prompt.rawValue].map { ", after “\(String($0.prefix(60)))”" } ?? ""
        line(Terminal.styled("↻ The agent continues by itself\(prompt)", .cyan))
    }

    private func question(_ question: QuestionEntry) {
        if let answer = question.answer {
            questions.remove(question.id)
            line(Terminal.styled("? \(answer.text.map { "Answered: \($0)" } ?? "Not answered.")", .yellow))
        } else {
            questions.insert(question.id)
            line(Terminal.styled("? The agent asks: \(question.title)", .yellow, .bold))
            guard !asksHere else { return }
            for text in Terminal.numbered(question.suggestions ?? []) { line(Terminal.styled(text, .yellow)) }
            line(Terminal.styled("  Answer with: sam sessions answer \(session.rawValue) --question \(question.id) TEXT", .yellow))
        }
    }

    private func turnEnded(_ end: TurnEnd) {
        turns = max(0, turns - 1)
        // After a cancellation, the agent's error is expected.
        if let error = end.error, phase != .cancelled { line(Terminal.styled("✗ \(error)", .red)) }
    }

    // MARK: - Lines

    /// Draws the status line: the phase and its duration.
    func drawStatus() {
        guard Terminal.isTerminal, atLineStart, !phase.isEnd || steps.current != nil, !isTyping else { return }
        let elapsed = Time.now - phaseSince
        let usually = usual[phase].map { ", usually \(Time.elapsed($0))" } ?? ""
        let state = questions.isEmpty ? phase.rawValue : "needs an answer, \(phase.rawValue)"
        // A wrapped line can't be overwritten.
        let text = "◌ \(state) for \(Time.elapsed(elapsed))\(usually)\(waiting)\(steps.suffix)".prefix(Terminal.columns - 1)
        output("\r\u{1b}[2K" + Terminal.styled("\(String(text))", .dim))
        showsStatus = true
    }

    /// Whether steps other than the agent's work may be running.
    var mayHaveSteps: Bool { phase == .preparing || phase == .finishing || phase.isEnd }

    /// Updates the current step. Without a terminal, a line is printed at intervals instead.
    func step(_ step: WorkspaceProgress?) {
        let text = steps.take(step, at: Time.now)
        if !Terminal.isTerminal, let text { line("  … \(text)") }
    }

    /// The background task that is waited for while no turn runs.
    private var waiting: String {
        let awaited = tasks.filter { !$0.isAmbient }
        guard turns == 0, phase == .working, let first = awaited.first else { return "" }
        let title = String(first.title.prefix(40))
        return ", waiting for \(awaited.count.of("background task")): \(title)"
    }

    // MARK: - Asking on this terminal

    /// Whether a question is open.
    var isAsking: Bool { !questions.isEmpty }

    /// Asks for a line, which is typed after the last of these lines.
    func ask(_ lines: [PrintedText]) {
        isTyping = false
        for text in lines.dropLast() { line(Terminal.styled(text, .yellow)) }
        finishLine()
        write(Terminal.styled("\(lines.last ?? "") ", .yellow))
        isTyping = true
        writtenBelow = 0
    }

    /// Ends the question, because it was answered or closed. A typed answer has ended the line.
    func endAsking(wasTyped: Bool) {
        isTyping = false
        writtenBelow = 0
        if wasTyped { atLineStart = true }
    }

    /// Prints a message on a line of its own.
    func say(_ text: PrintedText) {
        line(Terminal.styled(text, .yellow))
    }

    func eraseStatus() {
        guard showsStatus else { return }
        output("\r\u{1b}[2K")
        showsStatus = false
    }

    private func line(_ text: PrintedText) {
        finishLine()
        output(text + "\n")
        if isTyping { writtenBelow += 1 }
    }

    private func finishLine() {
        eraseStatus()
        if let voice { utter(speech.end(), as: voice) }
        if !atLineStart { output("\n") }
        atLineStart = true
        voice = nil
    }

    private func write(_ text: PrintedText) {
        guard !text.isEmpty else { return }
        eraseStatus()
        output(text)
        if isTyping { writtenBelow += 1 }
        atLineStart = text.endsLine
    }
}

extension Permission.Answer {
    /// The result in words.
    fileprivate var sentence: String {
        switch by {
        case .person: "answered “\(option?.name ?? "nothing")”" + (text.map { ": \($0)" } ?? "")
        case .timeLimit: "not answered in time, so it was refused"
        case .flood: "refused, because too much is asked at once"
        case .turn: "no longer asked"
        }
    }
}

extension BackgroundWork.Task.Kind {
    /// The kind in words.
    var word: String {
        switch self {
        case .agent: "a sub-agent"
        case .command: "a command"
        case .other: "a task"
        }
    }
}
