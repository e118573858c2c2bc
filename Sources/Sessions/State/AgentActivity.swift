/// What a session's agent is doing, judged by evidence alone.
public struct AgentActivity: Sendable, Hashable, Codable {
    /// The kind of activity.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// It reports events, or uses the processor.
        case active
        /// It reports nothing and waits for its model's answer.
        case thinking
        /// It waits for a person.
        case waiting
        /// It answers no prompt, and its background work runs.
        case background
        /// It reports nothing, has no request open, and uses no processor.
        case silent
    }

    /// The kind of activity.
    public var kind: Kind
    /// When this activity started, in UTC milliseconds.
    public var since: Int64
    /// A description for people.
    public var sentence: String
}

/// What is known of an agent that answers a prompt. All times are in UTC milliseconds.
struct Evidence: Sendable, Hashable {
    /// The last time that it reported an event, or got a prompt.
    var lastEvent: Int64
    /// The last time that it or its child processes used the processor.
    var lastBusy: Int64
    /// When its oldest open request to its model's provider began.
    var requestSince: Int64?
    /// Whether it waits for a person's answer.
    var isAsking = false

    /// How long an agent may report nothing before it no longer counts as active, in milliseconds.
    static let reportPause: Int64 = 10_000

    /// Judges the activity.
    func activity(now: Int64) -> AgentActivity {
        if isAsking { return AgentActivity(kind: .waiting, since: lastEvent, sentence: "waiting for an answer to its question") }
        guard now - lastEvent > Self.reportPause else { return AgentActivity(kind: .active, since: lastEvent, sentence: "working") }
        if let requestSince {
            return AgentActivity(
                kind: .thinking, since: requestSince, sentence: "thinking (model request open for \(Self.words(now - requestSince)))")
        }
        if now - lastBusy <= Self.reportPause {
            return AgentActivity(
                kind: .active, since: lastEvent,
                sentence: "busy (no word for \(Self.words(now - lastEvent)), but something of it uses the processor)")
        }
        let since = max(lastEvent, lastBusy)
        return AgentActivity(kind: .silent, since: since, sentence: "silent for \(Self.words(now - since)), no request open, no CPU")
    }

    private static func words(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds) / 1_000
        return seconds < 120 ? "\(seconds) s" : seconds < 7_200 ? "\(seconds / 60) min" : "\(seconds / 3_600) h"
    }
}

/// What is done about an agent that is silent for too long.
public enum StuckAct: String, Sendable, Codable, CaseIterable {
    /// A note in its session's log, nothing else.
    case tell
    /// Its turn is cancelled.
    case cancelTurn = "cancel-turn"
    /// Its session is cancelled.
    case cancelSession = "cancel-session"
}
