import AgentProtocol

// MARK: - Permission requests

extension CodexDriver {
    mutating func asked(_ id: JSONValue, _ method: String, _ params: JSONValue) -> [DriverAction] {
        let thread = params["threadId"]?.string ?? threads.main ?? ""
        let question = CodexRequest(
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

    /// Options that would write rules to disk are not offered.
    private mutating func askedForCommand(_ question: CodexRequest, _ params: JSONValue) -> [DriverAction] {
        let place = params["networkApprovalContext"]?["host"]?.string.map { "Reach \($0)" }
        let title = params["command"]?.string ?? place ?? params["reason"]?.string ?? "a command"
        return ask(question, title, kind: "execute", forSession: "Allow this very command from now on")
    }

    private mutating func askedForChange(_ question: CodexRequest, _ params: JSONValue) -> [DriverAction] {
        // The item that was announced before has the changes.
        let call = question.item.flatMap { threads[question.thread]?.calls[$0] }
        let places = call.flatMap { $0.places.isEmpty ? nil : $0.places }
        let further = call.flatMap { $0.further > 0 ? ["and \($0.further) more"] : nil } ?? []
        let paths = ((places ?? []).map(\.path) + further).joined(separator: ", ")
        let reason = params["reason"]?.string.map { " (\($0.cut(to: 200)))" } ?? ""
        let root = params["grantRoot"]?.string
        return ask(
            question, "Change " + (paths.isEmpty ? "files that it does not name" : paths) + reason, kind: "edit", places: places,
            forSession: root.map { "Allow changes below \($0) from now on" } ?? "Allow changes of these very files from now on")
    }

    private mutating func ask(
        _ question: CodexRequest, _ title: String, kind: String, places: [ACP.Location]? = nil, forSession: String
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

    /// Handles a tool server's yes-or-no question, such as whether a tool may be used. Forms are declined: they can't be shown here.
    private mutating func askedByToolServer(_ question: CodexRequest, _ params: JSONValue) -> [DriverAction] {
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

    /// Answers a permission request.
    public mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction] {
        guard let question = asked.take(permission), let request = question.request else { return [] }
        // After a refusal the turn continues; after a cancellation it ends.
        let word = JSONValue.string(option?.id ?? "cancel")
        guard question.kind == .approval else {
            return send(["id": request, "result": word == "accept" ? ["action": word, "content": .object([:])] : ["action": word]])
        }
        return send(["id": request, "result": ["decision": word]]) + (option == nil ? [] : say(text, about: question)) + tellBackground()
    }

    /// Sends the person's text into the turn, because a decision carries none. The turn loses nothing: it waits for the decision.
    private mutating func say(_ text: String?, about question: CodexRequest) -> [DriverAction] {
        guard let text, !text.isEmpty, let turn = question.turn else { return [] }
        return request(
            "turn/steer",
            ["threadId": .string(question.thread), "expectedTurnId": .string(turn), "input": Self.input(text)], for: .words)
    }

    static func input(_ text: String) -> JSONValue { [["type": "text", "text": .string(text)]] }
}
