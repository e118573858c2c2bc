import Accounts
import Cascade
import Foundation

/// A setting that SAM knows: its key, what it means, and how its layers are combined.
public struct Setting: Sendable {
    /// How the layers are combined.
    public enum Mode: Sendable, Hashable {
        /// The narrowest layer that says something decides.
        case override
        /// No layer may loosen what another has set: the smallest number, the strictest word, or *off* for a flag, holds.
        case ceiling
    }

    public var key: String
    /// One line for a person.
    public var summary: String
    /// What holds when no layer says anything.
    public var standard: SettingValue
    public var mode: Mode
    /// What *off* means for it.
    public var whenOff: InactivePolicy<SettingValue>
    /// The scopes at which it can be set.
    public var scopes: [Scope]
    public var kind: Kind
    /// Whether the standard value is the platform's word for as long as the platform says nothing: for what a machine has to give.
    public var standardIsCeiling = false

    /// What its values are.
    public enum Kind: Sendable, Hashable {
        case flag
        /// Whole numbers of a range.
        case integer(ClosedRange<Int>)
        /// A list of hosts.
        case hosts
        /// One of these words, the strictest first.
        case choice([String])
        /// A word of anybody's.
        case name
        /// A list of words.
        case words
    }

    /// Reads a value that a person wrote.
    ///
    /// - Throws: ``SettingsError`` with a sentence that names what is allowed.
    public func parse(_ text: String) throws(SettingsError) -> SettingValue {
        switch kind {
        case .flag:
            guard let flag = Bool(text) else { throw SettingsError(.invalid, "\(key) is true or false, not “\(text.prefix(40))”.") }
            return .flag(flag)
        case .integer(let range):
            guard let integer = Int(text), range.contains(integer) else {
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
        case .choice(let words):
            guard words.contains(text) else {
                throw SettingsError(.invalid, "\(key) is one of \(words.joined(separator: ", ")), not “\(text.prefix(40))”.")
            }
            return .text(text)
        case .hosts:
            let words = text.split { $0 == " " || $0 == "," || $0.isNewline }
            guard words.count <= 500 else { throw SettingsError(.invalid, "\(key) has at most 500 hosts.") }
            var hosts: [HostPattern] = []
            // A word of its own, because a list without anything in it is easily written by mistake.
            if text.trimmingPrefix(while: \.isWhitespace) == "none" { return .hosts([]) }
            for word in words {
                guard let host = HostPattern(word) else {
                    throw SettingsError(
                        .invalid,
                        "\(key) is a list of hosts like “pypi.org, *.example.org, example.org:8443, @repository”, or none; “\(word.prefix(80))” is no host."
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
    /// Every setting there is.
    public static let all: [Setting] = [
        sessionLimit, handshakeTimeout, outputLimit, sandboxMemory, sandboxProcesses, sandboxCPUs, sandboxDisk, signInFiles, egressHosts,
        egressPrivateHosts, requestRate, permissions, answerTimeout, backgroundMinutes, stuckMinutes, whenStuck, gitTimeout, gitStall,
    ]

    /// How many sessions run at once; the others wait in line.
    public static let sessionLimit = Setting(
        key: "sessions.limit", summary: "Sessions that run at once; the others wait in line.",
        standard: .integer(8), mode: .ceiling, whenOff: .inherit, scopes: [.platform], kind: .integer(1...10_000), standardIsCeiling: true)

    /// How long an agent may take to answer its protocol's handshake.
    public static let handshakeTimeout = Setting(
        key: "agents.handshakeSeconds", summary: "Seconds an agent has to answer its protocol's handshake.",
        standard: .integer(60), mode: .override, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(1...3_600))

    /// How much an agent may write in one session.
    public static let outputLimit = Setting(
        key: "sessions.outputMebibytes", summary: "MiB an agent may write to SAM in one session.",
        standard: .integer(256), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(1...65_536),
        standardIsCeiling: true)

    /// The memory of a sandbox and everything in it.
    public static let sandboxMemory = Setting(
        key: "sandbox.memoryMebibytes", summary: "MiB of memory a sandbox may use.",
        standard: .integer(4_096), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(64...1_048_576),
        standardIsCeiling: true)

    /// The processes and threads of a sandbox.
    public static let sandboxProcesses = Setting(
        key: "sandbox.processes", summary: "Processes and threads a sandbox may have.",
        standard: .integer(512), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(16...32_768),
        standardIsCeiling: true)

    /// The processor time of a sandbox.
    public static let sandboxCPUs = Setting(
        key: "sandbox.cpuPercent", summary: "Processor time a sandbox may use, in percent of one core.",
        standard: .integer(100 * ProcessInfo.processInfo.activeProcessorCount), mode: .ceiling, whenOff: .inherit,
        scopes: Scope.allCases, kind: .integer(5...102_400), standardIsCeiling: true)

    /// The room on disk of a workspace and its agent's home.
    public static let sandboxDisk = Setting(
        key: "sandbox.diskMebibytes", summary: "MiB of disk that an agent's workspace and home may take together.",
        standard: .integer(10_240), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(16...16_777_216),
        standardIsCeiling: true)

    /// Whether an agent that insists on it gets a sign-in as a file in its workspace.
    public static let signInFiles = Setting(
        key: "credentials.signInFiles", summary: "Agents that insist on it get a person's sign-in as a file in their workspace.",
        standard: .flag(false), mode: .ceiling, whenOff: .force(.flag(false)), scopes: [.project, .platform], kind: .flag)

    /// The setting with this key.
    ///
    /// - Throws: ``SettingsError`` that names those there are.
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
