/// How an agent's program ended, and what that means.
public struct AgentExit: Sendable, Hashable, Codable {
    /// The verdict on the end.
    public enum Reason: String, Sendable, Codable, CaseIterable {
        /// It was asked to stop and did, or exited by itself with code 0 after a handshake.
        case finished
        /// The program could not be started.
        case notStarted
        /// It ended before it answered the handshake, or answered with an error.
        case handshakeFailed
        /// It did not answer the handshake in time.
        case handshakeTimedOut
        /// It ended by itself in the middle of its work.
        case crashed
        /// The kernel ended it: the sandbox's memory limit was reached.
        case outOfMemory
        /// It wrote more than a session may.
        case flooded
        /// What it keeps in its workspace and its home takes more room than it may.
        case diskLimit
        /// It wrote something that its protocol does not allow.
        case protocolViolation
        /// Its events could not be kept: the disk is full.
        case spoolFull
        /// This runner's attempt was over; a newer one, or salvage, has taken its place.
        case fenced
    }

    public var reason: Reason
    /// A sentence that names the cause and, where there is one, the next step.
    public var message: String
    /// The last that the program wrote to standard error, or to standard output outside its protocol.
    public var lastWords: String?

    /// Tells how an agent ended.
    public init(_ reason: Reason, _ message: String, lastWords: String? = nil) {
        self.reason = reason
        self.message = message
        self.lastWords = lastWords
    }
}
