import AgentProtocol

// Permission requests and questions. A sub-agent's can arrive after the turn, and name the call that started it.
extension ClaudeDriver {
    mutating func requested(_ message: JSONValue) -> [DriverAction] {
        guard let id = message["request_id"]?.string else { return [keep(message)] }
        let request = message["request"] ?? .null
        guard request["subtype"]?.string == "can_use_tool" else {
            return line([
                "type": "control_response",
                "response": ["subtype": "error", "request_id": .string(id), "error": "SAM does not know this request."],
            ])
        }
        let tool = ClaudeTool(name: request["tool_name"]?.string ?? "a tool", input: request["input"] ?? .null)
        switch tool.name {
        case ClaudeTool.question: return inquire(id, tool, request)
        case ClaudeTool.planEnd: return askPlan(id, tool, request)
        default: return askPermission(id, tool, request)
        }
    }

    /// Stores the new mode, which decides about writes in plan mode.
    public mutating func tighten(to mode: PermissionMode) { conversation.permissions = mode }

    private mutating func askPermission(_ id: String, _ tool: ClaudeTool, _ request: JSONValue) -> [DriverAction] {
        let isPlanning = request["decision_reason_type"] == "mode" && (mode == nil || mode == "plan")
        // In plan mode an allowed write would happen before a person has seen the plan, so only a person can allow it.
        if isPlanning, conversation.permissions != .ask {
            return respond(to: id, Self.denial("You are in plan mode: change nothing before your plan is approved. Present it first."))
        }
        let permission = ClaudePermission(
            input: tool.input, suggestions: isPlanning ? [] : request["permission_suggestions"]?.elements ?? [])
        let parent = tasks.parent(of: request)
        let title = isPlanning ? "In plan mode, before its plan is approved: \(tool.request)" : tool.request
        return [
            .ask(
                Permission(
                    id: asked.add(ClaudeRequest(id: id, subject: .tool(permission), isOfSubAgent: parent != nil)),
                    toolCall: request["tool_use_id"]?.string, title: title, kind: tool.kind, locations: tool.locations,
                    options: permission.options, parent: parent))
        ]
    }

    private mutating func inquire(_ id: String, _ tool: ClaudeTool, _ request: JSONValue) -> [DriverAction] {
        guard let questions = ClaudeQuestions(tool.input) else {
            return respond(to: id, Self.denial("These questions can't be read, so no person was asked."))
        }
        let parent = tasks.parent(of: request)
        return [
            .inquire(
                Inquiry(
                    id: asked.add(ClaudeRequest(id: id, subject: .questions(questions), isOfSubAgent: parent != nil)),
                    toolCall: request["tool_use_id"]?.string, parent: parent, items: questions.items))
        ]
    }

    // MARK: - The plan

    private static let approve = Permission.Option(id: "approve", name: "Approve, and keep asking as before", kind: .allowOnce)
    private static let approveEdits = Permission.Option(id: "approve-edits", name: "Approve, and accept all edits", kind: .allowAlways)
    private static let disapprove = Permission.Option(id: "refuse", name: "Refuse, and say what should be different", kind: .refuse)

    private mutating func askPlan(_ id: String, _ tool: ClaudeTool, _ request: JSONValue) -> [DriverAction] {
        let parent = tasks.parent(of: request)
        let plan = tool.input["plan"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        return [
            .ask(
                Permission(
                    id: asked.add(ClaudeRequest(id: id, subject: .plan(tool.input), isOfSubAgent: parent != nil)),
                    toolCall: request["tool_use_id"]?.string, title: "Continue with this plan", kind: tool.kind,
                    options: [Self.approve, Self.approveEdits, Self.disapprove], plan: plan ?? "It has written no plan down.",
                    parent: parent))
        ]
    }

    private static func planAnswer(_ input: JSONValue, _ option: Permission.Option) -> JSONValue? {
        var input = input
        // Commands that the agent wants allowed together with its plan are dropped here; it asks for each when it needs it.
        if case .object(var fields) = input, fields.removeValue(forKey: "allowedPrompts") != nil { input = .object(fields) }
        switch option.id {
        case approve.id: return ["behavior": "allow", "updatedInput": input]
        case approveEdits.id:
            return ["behavior": "allow", "updatedInput": input, "updatedPermissions": [ClaudePermission.acceptEdits]]
        default: return nil
        }
    }

    // MARK: - Answers

    /// Answers a permission request; text goes to the agent with a refusal.
    public mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction] {
        guard let request = asked.take(permission) else { return [] }
        // A denial with `interrupt` ends the whole turn, so a sub-agent's request is denied without.
        guard let option else { return respond(to: request.id, Self.denial("The turn was stopped.", stops: !request.isOfSubAgent)) }
        let text = text.flatMap { $0.isEmpty ? nil : $0 }
        switch request.subject {
        case .tool(let asked):
            let refusal = text.map { "This was not allowed. The person says: \($0)" } ?? "This was not allowed. Continue without it."
            return respond(to: request.id, asked.answer(option) ?? Self.denial(refusal))
        case .plan(let input):
            let refusal = text ?? "The plan was not approved. Ask what should be different before you present it again."
            return respond(to: request.id, Self.planAnswer(input, option) ?? Self.denial(refusal))
        case .questions: return respond(to: request.id, Self.denial("No person has answered these questions."))
        }
    }

    /// Answers questions; `nil` denies the request.
    public mutating func reply(_ inquiry: String, with answers: [String: [String]]?) -> [DriverAction] {
        guard let request = asked.take(inquiry) else { return [] }
        guard case .questions(let questions) = request.subject, let answers else {
            return respond(to: request.id, Self.denial("No person has answered these questions. Decide by yourself, and say how you did."))
        }
        return respond(to: request.id, ["behavior": "allow", "updatedInput": questions.answered(answers)])
    }

    private static func denial(_ message: String, stops: Bool = false) -> JSONValue {
        var answer: [String: JSONValue] = ["behavior": "deny", "message": .string(message)]
        if stops { answer["interrupt"] = true }
        return .object(answer)
    }

    private func respond(to id: String, _ answer: JSONValue) -> [DriverAction] {
        line([
            "type": "control_response", "response": ["subtype": "success", "request_id": .string(id), "response": answer],
        ])
    }
}
