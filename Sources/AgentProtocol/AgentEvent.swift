/// An event that a runner reports about its agent, in one vocabulary for all agent protocols.
///
/// Things that grow or change (a message, a tool call, a plan) are upserts by id; the end of a turn is an event of its own. On the wire an
/// event is an object with one member: its kind, and that kind's fields.
public enum AgentEvent: Sendable, Hashable, Codable {
    /// The sandbox was set up and the agent's program executed. The agent has not answered yet.
    case agentStarted(AgentStart)
    /// The agent answered its protocol's handshake and is ready.
    case handshake(AgentIdentity)
    /// More text of the message with this id.
    case message(MessageChunk)
    /// A new tool call, or changed fields of one.
    case toolCall(ToolCall)
    /// The complete plan.
    case plan(Plan)
    /// The usage that the agent reports. Charges are based on the gateway's own count.
    case usage(AgentUsage)
    /// A prompt was handed to the agent.
    case turnStarted(Turn)
    /// The agent finished a turn.
    case turnEnded(TurnEnd)
    /// A permission request, or its answer.
    case permission(Permission)
    /// An inquiry, or its answer.
    case inquiry(Inquiry)
    /// Everything that runs outside the agent's turns.
    case background(BackgroundWork)
    /// A message from the runner itself to the person who follows the session.
    case note(Note)
    /// An update of a kind that SAM does not know, unchanged.
    case other(OtherUpdate)
    /// The agent's program and all its child processes have ended. The last event of an attempt.
    case agentExited(AgentExit)
}

/// How the agent was started.
public struct AgentStart: Sendable, Hashable, Codable {
    /// The kind of sandbox around it.
    public var sandbox: String

    /// Creates the event's fields.
    public init(sandbox: String) {
        self.sandbox = sandbox
    }
}

/// The agent that answered the handshake.
public struct AgentIdentity: Sendable, Hashable, Codable {
    /// The agent's name.
    public var name: String
    /// The agent's version.
    public var version: String?
    /// The version of the agent's protocol.
    public var protocolVersion: Int?
    /// The agent's own id of the conversation, if it can be loaded again later.
    public var conversation: String?
    /// Whether the agent remembers the session that this one continues.
    public var remembers: Bool?

    /// Creates an identity.
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
    /// The kind of text.
    public enum Role: String, Sendable, Codable {
        /// The agent's message, or its reasoning.
        case agent, thought
    }

    /// The message's id.
    public var id: String
    /// The kind of text.
    public var role: Role
    /// The text to append.
    public var text: String
    /// The tool call whose sub-agent writes this; `nil` for the main agent.
    public var parent: String?

    /// Creates a piece of a message.
    public init(id: String, role: Role, text: String, parent: String? = nil) {
        self.id = id
        self.role = role
        self.text = text
        self.parent = parent
    }
}

/// A tool call as an upsert: only fields that are present change.
public struct ToolCall: Sendable, Hashable, Codable {
    /// The call's id, chosen by the agent.
    public var id: String
    /// The call in one line.
    public var title: String?
    /// `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch`, or an agent's own word.
    public var kind: String?
    /// `pending`, `in_progress`, `completed` or `failed`.
    public var status: String?
    /// The places in files that the call concerns.
    public var locations: [ACP.Location]?
    /// The call's result, as the agent's protocol gives it.
    public var content: JSONValue?
    /// The tool call whose sub-agent makes this one; `nil` for the main agent.
    public var parent: String?

    /// Creates an upsert.
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

/// The steps that an agent plans.
public struct Plan: Sendable, Hashable, Codable {
    /// The steps, in order.
    public var entries: [ACP.PlanEntry]

    /// Creates a plan.
    public init(entries: [ACP.PlanEntry]) {
        self.entries = entries
    }
}

/// The token usage that an agent reports. Fields that its protocol does not have are `nil`.
public struct AgentUsage: Sendable, Hashable, Codable {
    /// Tokens sent to the model, in the turn or in the conversation, as the agent counts.
    public var input: Int?
    /// Tokens received from the model, counted like ``input``.
    public var output: Int?
    /// Tokens that the conversation takes of the context window.
    public var context: Int?
    /// The size of the context window, in tokens.
    public var window: Int?
    /// The agent's own estimate of the cost, in US dollars.
    public var dollars: Double?

    /// Creates a report.
    public init(input: Int? = nil, output: Int? = nil, context: Int? = nil, window: Int? = nil, dollars: Double? = nil) {
        self.input = input
        self.output = output
        self.context = context
        self.window = window
        self.dollars = dollars
    }
}

/// The start of a turn.
public struct Turn: Sendable, Hashable, Codable {
    /// The prompt that the agent is answering.
    public var prompt: PromptID
    /// Set when the agent started the turn by itself, after it had answered the prompt that caused it.
    public var isFollowUp: Bool?

    /// Creates the start of a turn.
    public init(prompt: PromptID, isFollowUp: Bool? = nil) {
        self.prompt = prompt
        self.isFollowUp = isFollowUp
    }
}

/// The end of a turn.
public struct TurnEnd: Sendable, Hashable, Codable {
    /// The prompt that the agent was answering.
    public var prompt: PromptID
    /// The protocol's stop reason: `end_turn`, `max_tokens`, `refusal`, `cancelled`…, or `error`.
    public var stopReason: String
    /// The agent's error message, when the reason is `error`.
    public var error: String?
    /// As in ``Turn/isFollowUp``.
    public var isFollowUp: Bool?

    /// Creates the end of a turn.
    public init(prompt: PromptID, stopReason: String, error: String? = nil, isFollowUp: Bool? = nil) {
        self.prompt = prompt
        self.stopReason = stopReason
        self.error = error
        self.isFollowUp = isFollowUp
    }
}

/// A sentence for the person who follows the session.
public struct Note: Sendable, Hashable, Codable {
    /// The sentence.
    public var text: String

    /// Creates a note.
    public init(_ text: String) {
        self.text = text
    }
}

/// An update of a kind that SAM does not know.
public struct OtherUpdate: Sendable, Hashable, Codable {
    /// The kind, as the agent names it.
    public var kind: String
    /// The update as received.
    public var raw: JSONValue

    /// Creates an event for an update.
    public init(kind: String, raw: JSONValue) {
        self.kind = kind
        self.raw = raw
    }
}
