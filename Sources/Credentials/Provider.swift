import Accounts
import Store

/// Who a credential is for. Ids are canonical and lower case; there is one spelling of each.
public struct Provider: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    public let rawValue: String

    /// The provider with exactly this id; `nil` when there is none.
    public init?(rawValue: String) {
        guard Self.kinds[rawValue] != nil || rawValue == "rehearsal" || Self.isCustomID(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// An endpoint that an administrator gave an address: `custom-` and letters, digits and dashes.
    private static func isCustomID(_ text: String) -> Bool {
        guard text.hasPrefix("custom-"), text.utf8.count <= 40, let first = text.utf8.dropFirst(7).first, first != UInt8(ascii: "-") else {
            return false
        }
        return text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    }

    /// Whether it is a custom compatible endpoint.
    public var isCustom: Bool { Self.isCustomID(rawValue) }

    /// Whether it is asked with a credential at all.
    public var takesCredential: Bool { self != .rehearsal }

    private init(_ known: String) {
        rawValue = known
    }

    public static let anthropic = Provider("anthropic")
    public static let openai = Provider("openai")
    /// The sign-in of ChatGPT that Codex uses: another thing than an API key of OpenAI's.
    public static let openaiChatGPT = Provider("openai-chatgpt")
    public static let google = Provider("google")
    public static let mistral = Provider("mistral")

    /// SAM's own, which plays a script and needs no credential.
    public static let rehearsal = Provider("rehearsal")

    /// Every provider that takes a credential, in the order in which they are shown.
    public static let all = [anthropic, openai, openaiChatGPT, google, mistral]

    private static let kinds: [String: CredentialKind] = [
        "anthropic": .apiKey, "openai": .apiKey, "openai-chatgpt": .oauth, "google": .apiKey, "mistral": .apiKey,
    ]

    /// The kind of credential that the provider takes.
    public var kind: CredentialKind { Self.kinds[rawValue] ?? .apiKey }

    /// Reads an id that a person wrote.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` that names those there are.
    public init(parsing text: String) throws(CredentialsError) {
        guard let provider = Provider(rawValue: text) else {
            let canonical = text.trimmingPrefix(while: \.isWhitespace).lowercased()
            let hint = Nearest.hint(
                for: canonical.trimmingSuffix(while: \.isWhitespace), among: Self.all.map(\.rawValue) + ["rehearsal"])
            throw CredentialsError(
                .invalid,
                """
                There is no provider “\(text.prefix(40))”.\(hint) There are: \(Self.all.map(\.rawValue).joined(separator: ", ")), \
                custom-ID for an endpoint of your own, and rehearsal, which needs no key.
                """)
        }
        self = provider
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        String(reversed().drop(while: predicate).reversed())
    }
}
