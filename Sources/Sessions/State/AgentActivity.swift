/// What a session's agent does while it answers a prompt, judged by evidence alone.
public struct AgentActivity: Sendable, Hashable, Codable {
    /// What it does.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// It tells of something now and then, or uses the processor.
        case active
        /// It says nothing and waits for its model's answer.
        case thinking
        /// It waits for a person.
        case waiting
        /// It answers no prompt, and something that it began beside its turns runs.
        case background
        /// It says nothing, has nothing open, and uses no processor.
        case silent
    }

    public var kind: Kind
    /// Since when, in UTC milliseconds.
    public var since: Int64
    /// The same for a person.
    public var sentence: String
}

/// What is known of an agent that answers a prompt. All times are in UTC milliseconds.
struct Evidence: Sendable, Hashable {
    /// The last time that it told of anything, or was handed a prompt.
    var lastEvent: Int64
    /// The last time that it, or what it started, used the processor.
    var lastBusy: Int64
    /// When the oldest request began that it has open at its model's provider.
    var requestSince: Int64?
    /// Whether it waits for a person's answer.
    var isAsking = false

    /// How long an agent says nothing before that is worth a word.
    static let patience: Int64 = 10_000

    /// What it does.
    func activity(now: Int64) -> AgentActivity {
        if isAsking { return AgentActivity(kind: .waiting, since: lastEvent, sentence: "waiting for an answer to its question") }
        guard now - lastEvent > Self.patience else { return AgentActivity(kind: .active, since: lastEvent, sentence: "working") }
        if let requestSince {
            return AgentActivity(
                kind: .thinking, since: requestSince, sentence: "thinking (model request open for \(Self.words(now - requestSince)))")
        }
        if now - lastBusy <= Self.patience {
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
    /// Its session's log tells of it, and nothing else happens.
    case tell
    /// Its turn is cancelled.
    case cancelTurn = "cancel-turn"
    /// Its session is cancelled.
    case cancelSession = "cancel-session"
}
