import AgentProtocol

/// The tools that SAM offers an agent.
enum Tool: String, CaseIterable {
    case project
    case reportProgress = "report_progress"
    case askPerson = "ask_person"
    case waitForAnswer = "wait_for_answer"

    /// The tool's entry in `tools/list`: https://modelcontextprotocol.io/specification/2025-06-18/server/tools
    var description: JSONValue {
        ["name": .string(rawValue), "description": .string(words), "inputSchema": schema]
    }

    private var words: String {
        switch self {
        case .project:
            "What project this is, what you may do in this session, where your work goes, and, where somebody explored the repository before, the brief on it."
        case .reportProgress:
            "Tells the people who follow this session in one line how far you have come. Use it at the steps of longer work, at most 60 times in a minute."
        case .askPerson:
            "Asks the people of this project something that only they can decide or know, and waits a while for the answer."
        case .waitForAnswer:
            "Keeps waiting for the answer to a question that ask_person could not wait for. A question is dropped when your turn ends."
        }
    }

    private var schema: JSONValue {
        func object(_ properties: JSONValue, required: [JSONValue]) -> JSONValue {
            ["type": "object", "properties": properties, "required": .array(required), "additionalProperties": false]
        }
        switch self {
        case .project: return object(.object([:]), required: [])
        case .reportProgress:
            return object(["text": ["type": "string", "description": "One line of at most 300 characters."]], required: ["text"])
        case .askPerson:
            return object(
                [
                    "question": ["type": "string", "description": "The question, with what a person has to know to answer it."],
                    "suggestions": [
                        "type": "array", "items": ["type": "string"],
                        "description": "Answers to choose from, at most eight. Others can be given.",
                    ],
                ], required: ["question"])
        case .waitForAnswer:
            return object(["question": ["type": "string", "description": "The id that ask_person returned."]], required: ["question"])
        }
    }
}
