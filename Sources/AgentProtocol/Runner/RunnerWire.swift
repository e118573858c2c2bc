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
