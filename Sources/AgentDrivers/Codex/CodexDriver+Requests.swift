import AgentProtocol

/// Something that Codex has asked.
struct Asked: Sendable, Hashable {
    enum Kind: Hashable {
        case approval
        /// A tool server asks through Codex, which wants another form of answer.
        case toolServer
        /// Questions by their ids.
        case questions([String])
        /// Questions, by the ids that SAM gave them, whose answers are a prompt. Nothing waits for them.
        case later(PromptID?, [Question])
    }

    struct Question: Hashable {
        var id: String
        var text: String
    }

    var kind: Kind
    /// The request's id; `nil` where there is no request.
    var request: JSONValue?
    var thread: String
    var turn: String?
    /// The call that waits for it, by Codex's id.
    var item: String?
}

// MARK: - What it asks to be allowed

extension CodexDriver {
    mutating func asked(_ id: JSONValue, _ method: String, _ params: JSONValue) -> [DriverAction] {
        let thread = params["threadId"]?.string ?? threads.main ?? ""
        let question = Asked(
            kind: .approval, request: id, thread: thread, turn: params["turnId"]?.string, item: params["itemId"]?.string)
        switch method {
        case "item/commandExecution/requestApproval": return askedForCommand(question, params)
        case "item/fileChange/requestApproval": return askedForChange(question, params)
        case "item/tool/requestUserInput": return wondered(question, params["questions"]?.elements ?? [])
        case "mcpServer/elicitation/request": return askedByToolServer(question, params)
        default:
            return send(["id": id, "error": ["code": -32601, "message": .string("SAM does not know \(method.cut(to: 200)).")]])
        }
    }

    /// Rules that would be written to disk are not offered.
    private mutating func askedForCommand(_ question: Asked, _ params: JSONValue) -> [DriverAction] {
        let place = params["networkApprovalContext"]?["host"]?.string.map { "Reach \($0)" }
        let title = params["command"]?.string ?? place ?? params["reason"]?.string ?? "a command"
        return ask(question, title, kind: "execute", forSession: "Allow this very command from now on")
    }

    private mutating func askedForChange(_ question: Asked, _ params: JSONValue) -> [DriverAction] {
        // The item that came before has the changes.
        let places = question.item.flatMap { threads[question.thread]?.places[$0] }
        let paths = (places ?? []).map(\.path).joined(separator: ", ")
        let reason = params["reason"]?.string.map { " (\($0.cut(to: 200)))" } ?? ""
        let root = params["grantRoot"]?.string
        return ask(
            question, "Change " + (paths.isEmpty ? "files that it does not name" : paths) + reason, kind: "edit", places: places,
            forSession: root.map { "Allow changes below \($0) from now on" } ?? "Allow changes of these very files from now on")
    }

    private mutating func ask(
        _ question: Asked, _ title: String, kind: String, places: [ACP.Location]? = nil, forSession: String
    ) -> [DriverAction] {
        [
            .ask(
                Permission(
                    id: asked.add(question), toolCall: question.item.map { threads.name($0, in: question.thread) }, title: title,
                    kind: kind, locations: places,
                    options: [
                        Permission.Option(id: "accept", name: "Allow", kind: .allowOnce),
                        Permission.Option(id: "acceptForSession", name: forSession, kind: .allowAlways),
                        Permission.Option(id: "decline", name: "Refuse", kind: .refuse),
                    ], parent: threads.parent(of: question.thread)))
        ]
    }

    /// A tool server's question that yes or no answers, as whether a tool may be used. A form to fill in nobody can see here.
    private mutating func askedByToolServer(_ question: Asked, _ params: JSONValue) -> [DriverAction] {
        var question = question
        question.kind = .toolServer
        let server = params["serverName"]?.string ?? "A tool server"
        let title = "\(server): \((params["message"] ?? params["title"])?.string ?? "something that it does not say")"
        guard [nil, "form"].contains(params["mode"]?.string), params["requestedSchema"]?["required"]?.elements?.isEmpty ?? true,
            params["url"] == nil
        else {
            return send(["id": question.request ?? .null, "result": ["action": "decline"]]) + [
                .emit(.note(Note("Declined, as it wants more than a yes or no: \(title)")))
            ]
        }
        return [
            .ask(
                Permission(
                    id: asked.add(question), title: title, kind: "other",
                    options: [
                        Permission.Option(id: "accept", name: "Allow", kind: .allowOnce),
                        Permission.Option(id: "decline", name: "Refuse", kind: .refuse),
                    ], parent: threads.parent(of: question.thread)))
        ]
    }

    public mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction] {
        guard let question = asked.take(permission), let request = question.request else { return [] }
        // Refused, its turn goes on; without an answer it ends.
        let word = JSONValue.string(option?.id ?? "cancel")
        guard question.kind == .approval else {
            return send(["id": request, "result": word == "accept" ? ["action": word, "content": .object([:])] : ["action": word]])
        }
        return send(["id": request, "result": ["decision": word]]) + (option == nil ? [] : say(text, about: question)) + tellBackground()
    }

    /// A decision takes no words, so they go into the turn. Nothing of it is lost by that: it waits for the decision.
    private mutating func say(_ text: String?, about question: Asked) -> [DriverAction] {
        guard let text, !text.isEmpty, let turn = question.turn else { return [] }
        return request(
            "turn/steer",
            ["threadId": .string(question.thread), "expectedTurnId": .string(turn), "input": Self.input(text)], for: .answers)
    }

    private static func input(_ text: String) -> JSONValue { [["type": "text", "text": .string(text)]] }
}

// MARK: - What it wants to know

extension CodexDriver {
    /// Questions whose answers a turn waits for.
    private mutating func wondered(_ question: Asked, _ questions: [JSONValue]) -> [DriverAction] {
        let isSecret = { (item: JSONValue) in item["isSecret"] == true }
        let notes = questions.filter(isSecret).prefix(Self.questionLimit).map { secret -> DriverAction in
            let words = (secret["question"] ?? secret["header"])?.string ?? "it does not say which"
            return .emit(
                .note(Note("The agent asked for a secret (\(words.cut(to: 300))). Answers stand in the log, so it got none.")))
        }
        var seen: Set<String> = []
        let items = questions.filter { !isSecret($0) }.prefix(Self.questionLimit).compactMap { item -> Inquiry.Item? in
            guard let id = item["id"]?.string, let text = (item["question"] ?? item["header"])?.string, seen.insert(id).inserted else {
                return nil
            }
            let choices = (item["options"]?.elements ?? []).compactMap { option in
                option["label"]?.string.map { Inquiry.Choice(label: $0, detail: option["description"]?.string) }
            }
            return Inquiry.Item(
                id: id, header: item["header"]?.string, text: text, choices: choices,
                allowsText: choices.isEmpty || item["isOther"] == true)
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

    /// Questions for which nothing waits.
    mutating func wondered(_ questions: [JSONValue], turn: String?, in thread: String) -> [DriverAction] {
        let items = questions.prefix(Self.questionLimit).enumerated().compactMap { number, item -> Inquiry.Item? in
            item["title"]?.string.map { title in
                let choices = (item["options"]?.elements ?? []).compactMap { $0.string.map { Inquiry.Choice(label: $0) } }
                return Inquiry.Item(id: "q\(number + 1)", text: title, choices: choices)
            }
        }
        guard !items.isEmpty else { return [] }
        let question = Asked(
            kind: .later(turns.origin(of: turn), items.map { Asked.Question(id: $0.id, text: $0.text.cut(to: 2_000)) }), thread: thread,
            turn: turn)
        return [.inquire(Inquiry(id: asked.add(question), parent: threads.parent(of: thread), items: items))]
    }

    private static let questionLimit = 16
    private static let waitingLimit = 32

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
            return goOn(with: lines.joined(separator: "\n"), in: question.thread, of: prompt) + tellBackground()
        case .approval, .toolServer: return []
        }
    }

    private static func answers(_ given: [String: [String]]) -> JSONValue {
        ["answers": .object(given.mapValues { ["answers": .array($0.map(JSONValue.string))] })]
    }

    /// Hands over answers for which nothing waits, as soon as no turn would lose by it.
    private mutating func goOn(with text: String, in thread: String, of prompt: PromptID?) -> [DriverAction] {
        isStopping = false
        guard threads.isMain(thread), let prompt else {
            // Codex has a queue for each thread, which begins a turn when none runs.
            return request(
                "thread/queue/add",
                [
                    "threadId": .string(thread), "clientUserMessageId": .string("sam-\(lastRequest + 1)"), "input": Self.input(text),
                ], for: .answers)
        }
        guard turns.waiting.count < Self.waitingLimit else {
            return [.emit(.note(Note("The answer was not handed over: too many wait already.")))]
        }
        turns.take(CodexTurns.Handed(prompt: prompt, input: Self.input(text), isFollowUp: true))
        return handOver()
    }
}
