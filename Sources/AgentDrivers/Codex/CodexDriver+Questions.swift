import AgentProtocol

// MARK: - Questions

extension CodexDriver {
    /// Questions that a turn waits for.
    mutating func wondered(_ question: CodexRequest, _ questions: [JSONValue]) -> [DriverAction] {
        let isSecret = { (item: JSONValue) in item["isSecret"] == true }
        let notes = questions.filter(isSecret).prefix(Self.questionLimit).map { secret -> DriverAction in
            let words = (secret["question"] ?? secret["header"])?.string ?? "it does not say which"
            return .emit(
                .note(Note("The agent asked for a secret (\(words.cut(to: 300))). Answers are stored in the log, so it got none.")))
        }
        var seen: Set<String> = []
        let items = questions.filter { !isSecret($0) }.prefix(Self.questionLimit).compactMap { item -> Inquiry.Item? in
            guard let id = Self.id(item["id"]), let text = (item["question"] ?? item["header"])?.string, seen.insert(id).inserted else {
                return nil
            }
            let options = item["options"]?.elements ?? []
            let choices = options.compactMap { Self.choice($0["label"], $0["description"]) }
            return Inquiry.Item(
                id: id, header: item["header"]?.string, text: text, choices: choices,
                allowsText: choices.isEmpty || choices.count < options.count || item["isOther"] == true)
        }
        guard !items.isEmpty else { return notes + send(["id": question.request ?? .null, "result": Self.answers([:])]) }
        var question = question
        question.kind = .questions(items.map(\.id))
        return notes + [
            .inquire(
                Inquiry(
                    id: asked.add(question), toolCall: question.item.map { threads.name($0, in: question.thread) },
                    parent: threads.parent(of: question.thread), items: items))
        ]
    }

    /// Questions that no turn waits for.
    mutating func wondered(_ questions: [JSONValue], turn: String?, in thread: String) -> [DriverAction] {
        let items = questions.prefix(Self.questionLimit).enumerated().compactMap { number, item -> Inquiry.Item? in
            item["title"]?.string.map { title in
                let choices = (item["options"]?.elements ?? []).compactMap { Self.choice($0, nil) }
                return Inquiry.Item(id: "q\(number + 1)", text: title, choices: choices)
            }
        }
        guard !items.isEmpty else { return [] }
        let question = CodexRequest(
            kind: .later(turns.origin(of: turn), items.map { CodexRequest.Question(id: $0.id, text: $0.text.cut(to: 2_000)) }),
            thread: thread,
            turn: turn)
        return [.inquire(Inquiry(id: asked.add(question), parent: threads.parent(of: thread), items: items))]
    }

    /// `nil` if the choice is blank or too long; a person can then answer in their own words.
    private static func choice(_ label: JSONValue?, _ detail: JSONValue?) -> Inquiry.Choice? {
        guard let label = label?.string, label.utf8.count <= 1_000, !label.allSatisfy(\.isWhitespace) else { return nil }
        return Inquiry.Choice(label: label, detail: detail?.string)
    }

    private static let questionLimit = 16
    private static let waitingLimit = 32

    /// Answers an inquiry.
    public mutating func reply(_ inquiry: String, with answers: [String: [String]]?) -> [DriverAction] {
        guard let question = asked.take(inquiry) else { return [] }
        switch question.kind {
        case .questions(let ids):
            guard let request = question.request else { return [] }
            let given = (answers ?? [:]).filter { ids.contains($0.key) && !$0.value.isEmpty }
            return send(["id": request, "result": Self.answers(given)])
        case .later(let prompt, let questions):
            let lines = questions.compactMap { question -> String? in
                guard let given = answers?[question.id], !given.isEmpty else { return nil }
                return "\(question.text): \(given.joined(separator: ", "))"
            }
            guard !lines.isEmpty else { return [] }
            return passOn(with: lines.joined(separator: "\n"), in: question.thread, of: prompt) + tellBackground()
        case .approval, .toolServer: return []
        }
    }

    private static func answers(_ given: [String: [String]]) -> JSONValue {
        ["answers": .object(given.mapValues { ["answers": .array($0.map(JSONValue.string))] })]
    }

    /// Hands over answers that no turn waits for, once that disturbs no running turn.
    private mutating func passOn(with text: String, in thread: String, of prompt: PromptID?) -> [DriverAction] {
        isStopping = false
        guard threads.isMain(thread), let prompt else {
            // Codex has a queue for each thread and starts a turn from it when none runs.
            threads.update(thread) { $0.isQueued = true }
            return request(
                "thread/queue/add",
                [
                    "threadId": .string(thread), "clientUserMessageId": .string("sam-\(lastRequest + 1)"), "input": Self.input(text),
                ], for: .queue(thread: thread))
        }
        guard turns.waiting.count < Self.waitingLimit else {
            return [.emit(.note(Note("The answer was not handed over: too many wait already.")))]
        }
        turns.take(CodexTurns.Handed(prompt: prompt, input: Self.input(text), isFollowUp: true))
        return handOver()
    }
}
