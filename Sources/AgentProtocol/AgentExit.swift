/// The end of an agent's program and its reason.
public struct AgentExit: Sendable, Hashable, Codable {
    /// The reason for the end.
    public enum Reason: String, Sendable, Codable, CaseIterable {
        /// It ended on request, or exited by itself with code 0 after a handshake while idle.
        case finished
        /// The program could not be started.
        case notStarted
        /// It ended before it answered the handshake, or answered with an error.
        case handshakeFailed
        /// It did not answer the handshake in time.
        case handshakeTimedOut
        /// It ended by itself during its work.
        case crashed
        /// The kernel killed a process of the sandbox, because the memory limit was reached.
        case outOfMemory
        /// Its output exceeded the session's limit.
        case flooded
        /// Its workspace and home exceeded the limit on disk space.
        case diskLimit
        /// It violated its protocol.
        case protocolViolation
        /// Its runner stopped it: it was asked to end, or could not reach SAM for too long.
        case runnerStopped
        /// Its events could not be saved, as when the disk is full.
        case spoolFull
        /// This runner's attempt is over: a newer one, or salvage, has replaced it.
        case fenced
    }

    /// The reason.
    public var reason: Reason
    /// A sentence that names the cause and, if there is one, the next step.
    public var message: String
    /// The end of the program's standard error, and of its standard output outside the protocol.
    public var lastWords: String?

    /// Creates a description of an end.
    public init(_ reason: Reason, _ message: String, lastWords: String? = nil) {
        self.reason = reason
        self.message = message
        self.lastWords = lastWords
    }
}
