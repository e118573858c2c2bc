import Store

/// Where a session is in its life.
public enum Phase: String, Sendable, Codable, CaseIterable, SQLBindable {
    /// Waits for its turn: as many sessions run as may.
    case queued
    /// The repository is fetched and the workspace made.
    case preparing
    /// The runner was started and has not been heard of yet.
    case booting
    /// The sandbox stands and the agent's program runs; it has not answered its protocol's handshake.
    case starting
    /// The agent answered the handshake and waits for a prompt.
    case ready
    /// The agent answers a prompt, or something that it began runs on.
    case working
    /// The agent was asked to end, or has ended; its work is taken out.
    case finishing
    /// Over, with its work on the branch.
    case completed
    /// Over by an error. What work there was is on the branch all the same.
    case failed
    /// Over because someone said so. What work there was is on the branch all the same.
    case cancelled
    /// The runner is gone or silent. It may come back until the salvage of its work begins.
    case interrupted

    /// Whether a runner has been started for it and may be alive.
    public var hasRunner: Bool {
        switch self {
        case .booting, .starting, .ready, .working, .finishing, .interrupted: true
        case .queued, .preparing, .completed, .failed, .cancelled: false
        }
    }

    /// Whether an agent is there that can be talked to.
    var isRunning: Bool { self == .ready || self == .working }

    /// Whether the session is over, or (interrupted) over unless its runner comes back.
    public var isEnd: Bool {
        switch self {
        case .completed, .failed, .cancelled, .interrupted: true
        case .queued, .preparing, .booting, .starting, .ready, .working, .finishing: false
        }
    }
}
