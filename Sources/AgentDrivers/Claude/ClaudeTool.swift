import AgentProtocol

/// A tool of Claude Code's and what it is called with, in SAM's words.
struct ClaudeTool {
    var name: String
    var input: JSONValue

    /// One line for a person.
    var title: String {
        switch name {
        case "Bash": input["description"]?.string ?? input["command"]?.string ?? name
        case "Grep", "Glob": input["pattern"]?.string.map { "\(name) \($0)" } ?? name
        case "WebFetch", "WebSearch": (input["url"] ?? input["query"])?.string.map { "\(name) \($0)" } ?? name
        default: path.map { "\(name) \($0)" } ?? name
        }
    }

    /// What a person is asked to allow: the very command, not the agent's description of it.
    var request: String {
        guard name == "Bash", let command = input["command"]?.string else { return title }
        return command
    }

    var kind: String {
        switch name {
        case "Read", "NotebookRead": "read"
        case "Edit", "MultiEdit", "Write", "NotebookEdit": "edit"
        case "Bash", "BashOutput", "KillShell": "execute"
        case "Grep", "Glob", "LS": "search"
        case "WebFetch", "WebSearch": "fetch"
        case "Task", "TodoWrite": "think"
        default: "other"
        }
    }

    var locations: [ACP.Location]? { path.map { [ACP.Location(path: $0)] } }

    /// The steps that it writes down, when it does.
    var plan: Plan? {
        guard name == "TodoWrite", case .array(let todos)? = input["todos"] else { return nil }
        return Plan(
            entries: todos.compactMap { todo in
                guard let content = todo["content"]?.string else { return nil }
                return ACP.PlanEntry(content: content, status: todo["status"]?.string ?? "pending")
            })
    }

    /// What an edit changes, as ACP tells it.
    var diff: [JSONValue]? {
        guard let path else { return nil }
        let (old, new): (JSONValue, JSONValue?) =
            switch name {
            case "Write": (.null, input["content"])
            case "Edit": (input["old_string"] ?? .null, input["new_string"])
            default: (.null, nil)
            }
        guard let new else { return nil }
        return [["type": "diff", "path": .string(path), "oldText": old, "newText": new]]
    }

    private var path: String? { (input["file_path"] ?? input["notebook_path"] ?? input["path"])?.string }
}
