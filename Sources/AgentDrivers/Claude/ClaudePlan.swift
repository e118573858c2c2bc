import AgentProtocol

/// The steps that Claude Code writes down with its tools for that. Its sub-agents write to the same list.
struct ClaudePlan: Hashable {
    private struct Step: Hashable {
        var id: String
        var subject: String
        var status: String
    }

    private var steps: [Step] = []

    private static let limit = 200

    private var plan: Plan { Plan(entries: steps.map { ACP.PlanEntry(content: $0.subject, status: $0.status) }) }

    /// Replaces the steps with the list of `TodoWrite`, which is always complete.
    mutating func replace(with todos: [JSONValue]) -> Plan? {
        steps = todos.prefix(Self.limit).enumerated().compactMap { number, todo in
            todo["content"]?.string.map {
                Step(id: "todo \(number)", subject: $0.cut(to: 500), status: Self.status(todo["status"]) ?? "pending")
            }
        }
        return plan
    }

    /// Applies a completed call.
    ///
    /// - Returns: the plan, if it changed.
    mutating func take(_ tool: ClaudeTool, text: JSONValue?, _ details: JSONValue?) -> Plan? {
        let before = steps
        switch tool.name {
        case "TaskCreate":
            let id = details?["task"]?["id"]?.string ?? Self.number(text?.string ?? text?.elements?.first?["text"]?.string)
            guard let id, let subject = (details?["task"]?["subject"] ?? tool.input["subject"])?.string else { return nil }
            guard steps.count < Self.limit, !steps.contains(where: { $0.id == id }) else { return nil }
            steps.append(Step(id: id.cut(to: 100), subject: subject.cut(to: 500), status: "pending"))
        case "TaskUpdate":
            guard details?["success"] != false, let id = (details?["taskId"] ?? tool.input["taskId"])?.string,
                let place = steps.firstIndex(where: { $0.id == id })
            else { return nil }
            let status = details?["statusChange"]?["to"] ?? tool.input["status"]
            if let subject = tool.input["subject"]?.string { steps[place].subject = subject.cut(to: 500) }
            if let status = Self.status(status) { steps[place].status = status }
            if status == "deleted" { steps.remove(at: place) }
        case "TaskList":
            guard let tasks = details?["tasks"]?.elements else { return nil }
            steps = tasks.prefix(Self.limit).compactMap { task in
                guard let id = task["id"]?.string, let subject = task["subject"]?.string else { return nil }
                return Step(id: id.cut(to: 100), subject: subject.cut(to: 500), status: Self.status(task["status"]) ?? "pending")
            }
        default: return nil
        }
        return steps == before ? nil : plan
    }

    private static func status(_ value: JSONValue?) -> String? {
        value?.string.flatMap { ["pending", "in_progress", "completed"].contains($0) ? $0 : nil }
    }

    /// The task's number from a sub-agent's result, which has it only in its text: “Task #3 created successfully: …”.
    private static func number(_ text: String?) -> String? {
        text?.prefix(40).firstMatch(of: /^Task #(\d{1,9}) created/).map { String($0.1) }
    }
}
