import Accounts
import Cascade
import Foundation

/// A setting: its key, its meaning and how its layers are combined.
public struct Setting: Sendable {
    /// The rule by which layers are combined.
    public enum Mode: Sendable, Hashable {
        /// The narrowest layer with a value decides.
        case override
        /// No layer may loosen another's value: the smallest number, the strictest word, or `false` for a flag applies.
        case ceiling
    }

    /// The key, such as `sessions.limit`.
    public var key: String
    /// A description in one line.
    public var summary: String
    /// The value if no layer has one.
    public var standard: SettingValue
    /// The rule by which layers are combined.
    public var mode: Mode
    /// The meaning of *off*.
    public var whenOff: InactivePolicy<SettingValue>
    /// The scopes at which it can be set.
    public var scopes: [Scope]
    /// The type of its values.
    public var kind: Kind
    /// Whether the standard value counts as the platform's while the platform has none.
    public var standardIsCeiling = false
    /// Whether the platform's earlier values are kept with the time from which each held.
    public var isDated = false

    /// The type of a setting's values.
    public enum Kind: Sendable, Hashable {
        /// `true` or `false`.
        case flag
        /// A whole number in this range.
        case integer(ClosedRange<Int>)
        /// A list of hosts.
        case hosts
        /// One of these words, the strictest first.
        case choice([String])
        /// A free name without blanks.
        case name
        /// A list of words.
        case words
        /// The name of a time zone, as in the IANA's database (https://www.iana.org/time-zones).
        case timeZone
    }

    /// Parses a value.
    ///
    /// - Throws: ``SettingsError`` with a sentence that names what is allowed.
    public func parse(_ text: String) throws(SettingsError) -> SettingValue {
        switch kind {
        case .flag:
            guard let flag = Bool(text) else { throw SettingsError(.invalid, "\(key) is true or false, not “\(text.prefix(40))”.") }
            return .flag(flag)
        case .integer(let range):
            // Written in one way only: `+5` and `05` are refused.
            guard let integer = Int(text), range.contains(integer), String(integer) == text else {
                throw SettingsError(
                    .invalid, "\(key) is a whole number from \(range.lowerBound) to \(range.upperBound), not “\(text.prefix(40))”.")
            }
            return .integer(integer)
        case .name:
            guard text.wholeMatch(of: /[\w.:\/@+-]{1,120}/) != nil else {
                throw SettingsError(.invalid, "\(key) is a name without blanks, not “\(text.prefix(40))”.")
            }
            return .text(text)
        case .words: return .words(try words(in: text))
        case .timeZone:
            guard text.wholeMatch(of: /UTC|[A-Za-z]+(\/[A-Za-z0-9_+-]+)+/) != nil, TimeZone(identifier: text) != nil else {
                throw SettingsError(.invalid, "\(key) is UTC or the name of a time zone like Europe/Berlin, not “\(text.prefix(40))”.")
            }
            return .text(text)
        case .choice(let words):
            guard words.contains(text) else {
                throw SettingsError(.invalid, "\(key) is one of \(words.joined(separator: ", ")), not “\(text.prefix(40))”.")
            }
            return .text(text)
        case .hosts:
            let words = text.split { $0 == " " || $0 == "," || $0.isNewline }
            guard words.count <= 500 else { throw SettingsError(.invalid, "\(key) has at most 500 hosts.") }
            var hosts: [HostPattern] = []
            // An empty list needs an explicit word, because an empty text is easily written by mistake.
            if text.trimmingPrefix(while: \.isWhitespace) == "none" { return .hosts([]) }
            for word in words {
                guard let host = HostPattern(word) else {
                    throw SettingsError(
                        .invalid,
                        "\(key) is a list of hosts like “pypi.org, *.example.org, example.org:8443, @repository”, or none; “\(word.prefix(80))” is not a host."
                    )
                }
                hosts.append(host)
            }
            guard !hosts.isEmpty else { throw SettingsError(.invalid, "\(key) is a list of hosts. For an empty one write: none") }
            return .hosts(hosts)
        }
    }
}

extension Setting {
    /// All settings, except those of single agents.
    public static let all: [Setting] = [
        sessionLimit, handshakeTimeout, outputLimit, sandboxMemory, sandboxProcesses, sandboxCPUs, sandboxDisk, signInFiles, egressHosts,
        egressPrivateHosts, requestRate, budgetWait, budgetTimeZone, unmeteredPaths, unpricedModels, permissions, answerTimeout,
        backgroundMinutes, stuckMinutes, whenStuck, gitTimeout, gitStall,
    ]

    /// The number of sessions that run at once; others are queued.
    public static let sessionLimit = Setting(
        key: "sessions.limit", summary: "Sessions that run at once; the others wait in line.",
        standard: .integer(8), mode: .ceiling, whenOff: .inherit, scopes: [.platform], kind: .integer(1...10_000), standardIsCeiling: true)

    /// The time limit for an agent's handshake.
    public static let handshakeTimeout = Setting(
        key: "agents.handshakeSeconds", summary: "Seconds an agent has to answer its protocol's handshake.",
        standard: .integer(60), mode: .override, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(1...3_600))

    /// The limit on an agent's output in one session.
    public static let outputLimit = Setting(
        key: "sessions.outputMebibytes", summary: "MiB an agent may write to SAM in one session.",
        standard: .integer(256), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(1...65_536),
        standardIsCeiling: true)

    /// The memory limit of a sandbox.
    public static let sandboxMemory = Setting(
        key: "sandbox.memoryMebibytes", summary: "MiB of memory a sandbox may use.",
        standard: .integer(4_096), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(64...1_048_576),
        standardIsCeiling: true)

    /// The limit on a sandbox's processes and threads.
    public static let sandboxProcesses = Setting(
        key: "sandbox.processes", summary: "Processes and threads a sandbox may have.",
        standard: .integer(512), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(16...32_768),
        standardIsCeiling: true)

    /// The CPU limit of a sandbox.
    public static let sandboxCPUs = Setting(
        key: "sandbox.cpuPercent", summary: "Processor time a sandbox may use, in percent of one core.",
        standard: .integer(100 * ProcessInfo.processInfo.activeProcessorCount), mode: .ceiling, whenOff: .inherit,
        scopes: Scope.allCases, kind: .integer(5...102_400), standardIsCeiling: true)

    /// The limit on the disk space of a workspace and its agent's home.
    public static let sandboxDisk = Setting(
        key: "sandbox.diskMebibytes", summary: "MiB of disk that an agent's workspace and home may take together.",
        standard: .integer(10_240), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(16...16_777_216),
        standardIsCeiling: true)

    /// Whether agents that need it get a sign-in as a file in their workspace.
    public static let signInFiles = Setting(
        key: "credentials.signInFiles", summary: "Agents that insist on it get a person's sign-in as a file in their workspace.",
        standard: .flag(false), mode: .ceiling, whenOff: .force(.flag(false)), scopes: [.project, .platform], kind: .flag)

    /// The setting with this key.
    ///
    /// - Throws: ``SettingsError`` that lists the settings.
    public static func named(_ key: String) throws(SettingsError) -> Setting {
        guard let setting = all.first(where: { $0.key == key }) ?? ofAgent(withKey: key) else {
            throw SettingsError(
                .notFound,
                "There is no setting “\(key.prefix(80))”.\(Nearest.hint(for: key, among: all.map(\.key))) There are \(all.map(\.key).joined(separator: ", ")), and for each agent agents.ID.model, .permissions and .arguments."
            )
        }
        return setting
    }
}
