import AgentProtocol

/// What a host needs to find a runner that it started: a process, or a job of a scheduler. Only the host that made it understands it.
public struct RunnerHandle: Sendable, Hashable, Codable {
    /// The kind of host that made it, such as `local`.
    public var host: String
    /// The host's own description of the runner. Never a secret, and never a path.
    public var value: String

    /// Creates a handle.
    public init(host: String, value: String) {
        self.host = host
        self.value = value
    }
}

/// A runner of one attempt of a session.
public struct RunnerReference: Sendable, Hashable {
    /// The session.
    public var session: SessionID
    /// The attempt.
    public var attempt: Int
    /// The handle that the launch returned; `nil` when no launch is recorded: it may have happened anyway.
    public var handle: RunnerHandle?

    /// Creates a reference.
    public init(session: SessionID, attempt: Int, handle: RunnerHandle? = nil) {
        self.session = session
        self.attempt = attempt
        self.handle = handle
    }
}
