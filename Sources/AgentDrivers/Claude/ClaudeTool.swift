import AgentProtocol

/// A tool of Claude Code and its input, in SAM's words.
struct ClaudeTool: Hashable {
    var name: String
    var input: JSONValue

    static let question = "AskUserQuestion"
    static let planEnd = "ExitPlanMode"

    /// One line for a person.
    var title: String {
        switch name {
        case "Bash": input["description"]?.string ?? input["command"]?.string ?? name
        case "Grep", "Glob": input["pattern"]?.string.map { "\(name) \($0)" } ?? name
        case "WebFetch", "WebSearch": (input["url"] ?? input["query"])?.string.map { "\(name) \($0)" } ?? name
        case "Agent", "Task": input["description"]?.string.map { "Agent: \($0)" } ?? name
        case "TaskCreate": input["subject"]?.string.map { "Plan: \($0)" } ?? name
        case Self.question: input["questions"]?.elements?.first?["question"]?.string ?? name
        case "EnterPlanMode": "Plan first"
        case Self.planEnd: "Present the plan"
        default: path.map { "\(name) \($0)" } ?? name
        }
    }

    /// The text that a person is asked to allow: the command itself, not the agent's description of it.
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
        case "Agent", "Task", "TodoWrite", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet": "think"
        case "EnterPlanMode", Self.planEnd: Permission.modeSwitch
        default: "other"
        }
    }

    var isAgent: Bool { name == "Agent" || name == "Task" }

    var locations: [ACP.Location]? { path.map { [ACP.Location(path: $0)] } }

    /// The complete list of steps, if this tool writes one.
    var todos: [JSONValue]? { name == "TodoWrite" ? input["todos"]?.elements : nil }

    /// The part of the input that the result needs; the whole can be of any size.
    var forItsResult: ClaudeTool {
        let wanted: [String] =
            switch name {
            case "Write", "Edit": ["file_path", "content", "old_string", "new_string"]
            case "TaskCreate", "TaskUpdate": ["subject", "taskId", "status"]
            default: []
            }
        let kept = wanted.compactMap { key in input[key].map { (key, $0) } }
        return ClaudeTool(name: name, input: .object(Dictionary(kept, uniquingKeysWith: { $1 })))
    }

    /// An edit's change as an ACP diff. The tool's result does not have it.
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
