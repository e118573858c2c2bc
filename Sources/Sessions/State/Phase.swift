import Store

/// The phase of a session's life.
public enum Phase: String, Sendable, Codable, CaseIterable, SQLBindable {
    /// Waits for its turn, while as many sessions run as may.
    case queued
    /// The repository is fetched and the workspace is made.
    case preparing
    /// The runner was started and has not reported yet.
    case booting
    /// The sandbox and the agent's program run; the agent has not answered its protocol's handshake.
    case starting
    /// The agent answered the handshake and waits for a prompt.
    case ready
    /// The agent answers a prompt, or its background work runs.
    case working
    /// The agent was asked to end, or has ended; its work is salvaged.
    case finishing
    /// Over, with its work on the branch.
    case completed
    /// Over because of an error. Any work is on the branch all the same.
    case failed
    /// Over because it was cancelled. Any work is on the branch all the same.
    case cancelled
    /// The runner is dead or silent. It may come back until the salvage of its work begins.
    case interrupted

    /// Whether a runner has been started for it and may be alive.
    public var hasRunner: Bool {
        switch self {
        case .booting, .starting, .ready, .working, .finishing, .interrupted: true
        case .queued, .preparing, .completed, .failed, .cancelled: false
        }
    }

    /// Whether an agent runs that accepts prompts.
    var isRunning: Bool { self == .ready || self == .working }

    /// Whether the session is over, or, when interrupted, will be unless its runner comes back.
    public var isEnd: Bool {
        switch self {
        case .completed, .failed, .cancelled, .interrupted: true
        case .queued, .preparing, .booting, .starting, .ready, .working, .finishing: false
        }
    }
}
