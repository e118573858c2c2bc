import Accounts
import Cascade
import Foundation

extension Setting {
    /// The most that agents may do without asking. Off: they always ask.
    public static let permissions = Setting(
        key: "agents.permissions", summary: "What an agent may do without asking, at most: ask, edits (in its workspace) or everything.",
        standard: .text("edits"), mode: .ceiling, whenOff: .force(.text("ask")), scopes: Scope.allCases,
        kind: .choice(["ask", "edits", "everything"]))

    /// How long an agent's question stays open.
    public static let answerTimeout = Setting(
        key: "agents.answerSeconds", summary: "Seconds a person has to answer an agent; then it gets a refusal, or no answer.",
        standard: .integer(3_600), mode: .override, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(5...604_800))

    /// How long an agent's background work may continue without a prompt.
    public static let backgroundMinutes = Setting(
        key: "agents.backgroundMinutes", summary: "Minutes that an agent's background work may run without a prompt.",
        standard: .integer(60), mode: .override, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(0...10_080))

    /// How long an agent may be silent.
    public static let stuckMinutes = Setting(
        key: "agents.stuckMinutes", summary: "Minutes without a word, an open request or CPU, after which an agent counts as stuck.",
        standard: .integer(10), mode: .override, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(1...10_080))

    /// The action on a stuck agent. Off: only a notification.
    public static let whenStuck = Setting(
        key: "agents.whenStuck", summary: "What happens to an agent that is stuck: tell, cancel-turn or cancel-session.",
        standard: .text("tell"), mode: .override, whenOff: .force(.text("tell")), scopes: Scope.allCases,
        kind: .choice(["tell", "cancel-turn", "cancel-session"]))

    /// The settings that each agent has of its own.
    ///
    /// - Parameter agent: the agent's id in the catalogue.
    public static func ofAgent(_ agent: String) -> [Setting] { [model(of: agent), permissions(of: agent), arguments(of: agent)] }

    /// The model of an agent. Off: the agent's own choice.
    public static func model(of agent: String) -> Setting {
        Setting(
            key: "agents.\(agent).model", summary: "The model of \(agent): fast, strong, a name that it takes, or default.",
            standard: .text("default"), mode: .override, whenOff: .force(.text("default")), scopes: Scope.allCases, kind: .name)
    }

    /// The most that one agent may do without asking; `as-others` for the value of ``permissions``.
    public static func permissions(of agent: String) -> Setting {
        Setting(
            key: "agents.\(agent).permissions",
            summary: "What \(agent) may do without asking, at most, if not what agents.permissions says.",
            standard: .text(asOthers), mode: .ceiling, whenOff: .force(.text("ask")), scopes: Scope.allCases,
            kind: .choice(["ask", "edits", "everything", asOthers]))
    }

    /// Whether this setting limits what agents may do without asking.
    public var boundsPermissions: Bool { key == Self.permissions.key || key.hasPrefix("agents.") && key.hasSuffix(".permissions") }

    /// A layer's value for one agent if the value for all agents applies.
    static let asOthers = "as-others"

    /// Arguments added to an agent's command. Not allowed at the project scope: a member could give orders to another member's agent, which
    /// uses that member's key.
    public static func arguments(of agent: String) -> Setting {
        Setting(
            key: "agents.\(agent).arguments", summary: "Words added to the command of \(agent), or a JSON array of them, or none.",
            standard: .words([]), mode: .override, whenOff: .force(.words([])), scopes: [.user, .platform], kind: .words)
    }

    /// The id of the agent whose own setting it is; `nil` for any other setting.
    public var agent: String? { Self.agent(ofKey: key) }

    private static func agent(ofKey key: String) -> String? {
        key.wholeMatch(of: /agents\.([a-z0-9][a-z0-9-]{0,40})\.[a-z]+/).map { String($0.1) }
    }

    /// The setting of an agent's own with this key; `nil` for a key of another form.
    static func ofAgent(withKey key: String) -> Setting? {
        agent(ofKey: key).flatMap { id in ofAgent(id).first { $0.key == key } }
    }

    /// Parses a list of words.
    func words(in text: String) throws(SettingsError) -> [String] {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let words: [String]
        if trimmed.hasPrefix("[") {
            guard let array = try? JSONDecoder().decode([String].self, from: Data(trimmed.utf8)) else {
                throw SettingsError(.invalid, "\(key) is words with blanks between them, or a JSON array of texts.")
            }
            words = array
        } else {
            words = trimmed == "none" ? [] : trimmed.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        guard !words.isEmpty || trimmed == "none" || trimmed == "[]" else {
            throw SettingsError(.invalid, "\(key) is a list of words. For an empty one write: none")
        }
        guard words.count <= 50, words.allSatisfy({ $0.utf8.count <= 4_096 && !$0.contains("\0") }) else {
            throw SettingsError(.invalid, "\(key) has at most 50 words of at most 4 KiB each.")
        }
        return words
    }
}
