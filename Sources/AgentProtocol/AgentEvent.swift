/// What a runner tells of its agent: the one vocabulary, whatever protocol the agent speaks.
///
/// Things that grow or change (a message, a tool call, a plan) are upserts by id; the end of a turn is an
/// event of its own. On the wire an event is an object with one member: its kind, and that kind's fields.
public enum AgentEvent: Sendable, Hashable, Codable {
    /// The sandbox stands and the agent's program was executed. It has not said anything yet.
    case agentStarted(AgentStart)
    /// The agent answered its protocol's handshake: it is ready.
    case handshake(AgentIdentity)
    /// More text of the message with this id.
    case message(MessageChunk)
    /// A tool call, or what changed about one.
    case toolCall(ToolCall)
    /// The whole plan.
    case plan(Plan)
    /// What the agent says that it has used. The gateway's own count is what is charged.
    case usage(AgentUsage)
    /// A prompt was handed to the agent.
    case turnStarted(Turn)
    /// The agent is done with a prompt.
    case turnEnded(TurnEnd)
    /// The agent asks to be allowed something, or what was answered.
    case permission(Permission)
    /// The agent asks a person something, or what was answered.
    case inquiry(Inquiry)
    /// Everything that runs beside the agent's turn, or after it.
    case background(BackgroundWork)
    /// Something a person should know, from the runner itself.
    case note(Note)
    /// An update that SAM has no word for, kept as it came.
    case other(OtherUpdate)
    /// The agent's program is gone, and everything it started with it. The last event of an attempt.
    case agentExited(AgentExit)
}

/// How the agent was started.
public struct AgentStart: Sendable, Hashable, Codable {
    /// The kind of sandbox around it.
    public var sandbox: String

    /// Tells the sandbox.
    public init(sandbox: String) {
        self.sandbox = sandbox
    }
}

/// Who answered the handshake.
public struct AgentIdentity: Sendable, Hashable, Codable {
    public var name: String
    public var version: String?
    public var protocolVersion: Int?
    /// The agent's own id of the conversation, where it can be loaded again later.
    public var conversation: String?
    /// Whether the agent remembers the session that this one goes on with.
    public var remembers: Bool?

    /// Names the agent.
    public init(
        name: String, version: String? = nil, protocolVersion: Int? = nil, conversation: String? = nil, remembers: Bool? = nil
    ) {
        self.name = name
        self.version = version
        self.protocolVersion = protocolVersion
        self.conversation = conversation
        self.remembers = remembers
    }
}

/// A piece of text that continues a message.
public struct MessageChunk: Sendable, Hashable, Codable {
    /// Who speaks.
    public enum Role: String, Sendable, Codable {
        case agent, thought
    }

    public var id: String
    public var role: Role
    public var text: String
    /// The tool call whose sub-agent speaks; `nil` for the agent itself.
    public var parent: String?

    /// Makes a piece of a message.
    public init(id: String, role: Role, text: String, parent: String? = nil) {
        self.id = id
        self.role = role
        self.text = text
        self.parent = parent
    }
}

/// A tool call as an upsert: only fields that are present change.
public struct ToolCall: Sendable, Hashable, Codable {
    public var id: String
    public var title: String?
    /// `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch`, or a word of the agent's own.
    public var kind: String?
    /// `pending`, `in_progress`, `completed` or `failed`.
    public var status: String?
    public var locations: [ACP.Location]?
    /// The call's result, as the agent's protocol gives it.
    public var content: JSONValue?
    /// The tool call whose sub-agent makes this one; `nil` for the agent's own.
    public var parent: String?

    /// Makes an upsert.
    public init(
        id: String, title: String? = nil, kind: String? = nil, status: String? = nil, locations: [ACP.Location]? = nil,
        content: JSONValue? = nil, parent: String? = nil
    ) {
        self.id = id
        self.title = title
        self.kind = kind
        self.status = status
        self.locations = locations
        self.content = content
        self.parent = parent
    }
}

/// The steps an agent means to take.
public struct Plan: Sendable, Hashable, Codable {
    public var entries: [ACP.PlanEntry]

    /// Makes a plan.
    public init(entries: [ACP.PlanEntry]) {
        self.entries = entries
    }
}

/// What an agent says of its model's tokens. Fields that its protocol does not tell are missing.
public struct AgentUsage: Sendable, Hashable, Codable {
    /// Tokens that went to the model and came from it, in the turn or in the conversation, as the agent counts.
    public var input: Int?
    public var output: Int?
    /// Tokens that the conversation takes of its window, and the window's size.
    public var context: Int?
    public var window: Int?
    /// What the agent thinks that it costs, in US dollars.
    public var dollars: Double?

    /// Tells a usage.
    public init(input: Int? = nil, output: Int? = nil, context: Int? = nil, window: Int? = nil, dollars: Double? = nil) {
        self.input = input
        self.output = output
        self.context = context
        self.window = window
        self.dollars = dollars
    }
}

/// A turn that began.
public struct Turn: Sendable, Hashable, Codable {
    public var prompt: PromptID
    /// Set when the agent began the turn by itself, after the prompt that caused it was answered.
    public var isFollowUp: Bool?

    /// Names the prompt that the agent is answering.
    public init(prompt: PromptID, isFollowUp: Bool? = nil) {
        self.prompt = prompt
        self.isFollowUp = isFollowUp
    }
}

/// A turn that ended.
public struct TurnEnd: Sendable, Hashable, Codable {
    public var prompt: PromptID
    /// The protocol's stop reason: `end_turn`, `max_tokens`, `refusal`, `cancelled`…, or `error`.
    public var stopReason: String
    /// What the agent said went wrong, when the reason is `error`.
    public var error: String?
    /// As in ``Turn/isFollowUp``.
    public var isFollowUp: Bool?

    /// Tells how a turn ended.
    public init(prompt: PromptID, stopReason: String, error: String? = nil, isFollowUp: Bool? = nil) {
        self.prompt = prompt
        self.stopReason = stopReason
        self.error = error
        self.isFollowUp = isFollowUp
    }
}

/// A sentence for the person who follows the session.
public struct Note: Sendable, Hashable, Codable {
    public var text: String

    /// Wraps a sentence.
    public init(_ text: String) {
        self.text = text
    }
}

/// An update of a kind that SAM does not know.
public struct OtherUpdate: Sendable, Hashable, Codable {
    public var kind: String
    public var raw: JSONValue

    /// Keeps an update.
    public init(kind: String, raw: JSONValue) {
        self.kind = kind
        self.raw = raw
    }
}
