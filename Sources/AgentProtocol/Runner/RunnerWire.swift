/// One event with the runner's own number, so that a repeat changes nothing.
public struct NumberedEvent: Sendable, Hashable, Codable {
    /// Counts from 1 within an attempt, without gaps.
    public var n: Int
    /// When it happened, in UTC milliseconds.
    public var at: Int64
    public var event: AgentEvent

    /// Numbers an event.
    public init(n: Int, at: Int64, event: AgentEvent) {
        self.n = n
        self.at = at
        self.event = event
    }
}

extension NumberedEvent {
    private enum CodingKeys: CodingKey { case n, at, event }

    /// An event that this version can't read, from a runner of another one, is kept as it came: the numbers must have no gap.
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
    public var events: [NumberedEvent]

    /// Makes a batch.
    public init(events: [NumberedEvent]) {
        self.events = events
    }
}

/// The answer to a batch: everything up to this number is stored, and the runner may forget it.
public struct EventReceipt: Sendable, Hashable, Codable {
    public var acknowledged: Int

    /// Acknowledges events.
    public init(acknowledged: Int) {
        self.acknowledged = acknowledged
    }
}

/// The body of `POST /runner/v1/heartbeat`: that the runner is alive, and what its agent does.
public struct Heartbeat: Sendable, Hashable, Codable {
    /// Processor time that the agent and what it started have used so far, in milliseconds.
    public var cpuMilliseconds: Int64

    /// Tells what an agent does.
    public init(cpuMilliseconds: Int64) {
        self.cpuMilliseconds = cpuMilliseconds
    }
}

/// The answer to `GET /runner/v1/sign-in`: what the runner writes into the agent's file. It is never stored or logged.
public struct SignInContent: Sendable, Codable {
    public var content: String

    /// Wraps a file's content.
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
    /// The file's content as it stands.
    public var credential: String

    /// Puts a body together.
    public init(agentType: String, credentialKind: String, credential: String) {
        self.agentType = agentType
        self.credentialKind = credentialKind
        self.credential = credential
    }
}

/// As much of the answer to a credential sync as its sender has to know.
public struct CredentialSyncAnswer: Sendable, Codable {
    /// Whether what was sent is what is stored now.
    public var success: Bool
}

/// One command with its number. The stream of `GET /runner/v1/commands` carries the number as the SSE `id`.
public struct NumberedCommand: Sendable, Hashable, Codable {
    /// Counts from 1 within an attempt.
    public var n: Int
    public var command: AgentCommand

    /// Numbers a command.
    public init(n: Int, command: AgentCommand) {
        self.n = n
        self.command = command
    }
}
