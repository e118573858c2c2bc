/// An event with its number, which makes repeated delivery harmless.
public struct NumberedEvent: Sendable, Hashable, Codable {
    /// Counts from 1 within an attempt, without gaps.
    public var n: Int
    /// The time of the event, in UTC milliseconds.
    public var at: Int64
    /// The event.
    public var event: AgentEvent

    /// Creates a numbered event.
    public init(n: Int, at: Int64, event: AgentEvent) {
        self.n = n
        self.at = at
        self.event = event
    }
}

extension NumberedEvent {
    private enum CodingKeys: CodingKey { case n, at, event }

    /// Decodes an event. Events of other versions that can't be decoded are kept as raw JSON, because the numbers must have no gap.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        n = try container.decode(Int.self, forKey: .n)
        at = try container.decode(Int64.self, forKey: .at)
        do {
            event = try container.decode(AgentEvent.self, forKey: .event)
        } catch {
            event = .other(OtherUpdate(kind: "unreadable", raw: try container.decode(JSONValue.self, forKey: .event)))
        }
    }
}

/// The body of `POST /runner/v1/events`.
public struct EventBatch: Sendable, Hashable, Codable {
    /// The events, in order.
    public var events: [NumberedEvent]

    /// Creates a batch.
    public init(events: [NumberedEvent]) {
        self.events = events
    }
}

/// The answer to a batch: everything up to this number is stored and may be deleted by the runner.
public struct EventReceipt: Sendable, Hashable, Codable {
    /// The number.
    public var acknowledged: Int

    /// Creates a receipt.
    public init(acknowledged: Int) {
        self.acknowledged = acknowledged
    }
}

/// The body of `POST /runner/v1/heartbeat`: shows that the runner is alive and what its agent uses.
public struct Heartbeat: Sendable, Hashable, Codable {
    /// Processor time that the agent and its child processes have used so far, in milliseconds.
    public var cpuMilliseconds: Int64

    /// Creates a heartbeat.
    public init(cpuMilliseconds: Int64) {
        self.cpuMilliseconds = cpuMilliseconds
    }
}

/// The answer to `GET /runner/v1/sign-in`: the content of the agent's sign-in file. It is never stored or logged.
public struct SignInContent: Sendable, Codable {
    /// The file's content.
    public var content: String

    /// Creates an answer.
    public init(content: String) {
        self.content = content
    }
}

/// The body of `POST /api/v1/sessions/{id}/credential-sync`.
public struct CredentialSync: Sendable, Codable {
    /// The agent's id in the catalogue.
    public var agentType: String
    /// `oauth` or `apiKey`.
    public var credentialKind: String
    /// The file's current content.
    public var credential: String

    /// Creates a body.
    public init(agentType: String, credentialKind: String, credential: String) {
        self.agentType = agentType
        self.credentialKind = credentialKind
        self.credential = credential
    }
}

/// The part of the answer to a credential sync that the sender needs.
public struct CredentialSyncAnswer: Sendable, Codable {
    /// Whether the sent content is now the stored one.
    public var success: Bool
}

/// A command with its number. The stream of `GET /runner/v1/commands` carries the number as the SSE `id`.
public struct NumberedCommand: Sendable, Hashable, Codable {
    /// Counts from 1 within an attempt.
    public var n: Int
    /// The command.
    public var command: AgentCommand

    /// Creates a numbered command.
    public init(n: Int, command: AgentCommand) {
        self.n = n
        self.command = command
    }
}
