import Accounts
import Store

/// The service that a credential is for. Ids are canonical and lower case, with one spelling each.
public struct Provider: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    /// The id as text.
    public let rawValue: String

    /// The provider with exactly this id; `nil` for an unknown one.
    public init?(rawValue: String) {
        guard Self.kinds[rawValue] != nil || rawValue == "rehearsal" || Self.isCustomID(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// Whether the id is `custom-` followed by letters, digits and dashes: an endpoint configured by an administrator.
    private static func isCustomID(_ text: String) -> Bool {
        guard text.hasPrefix("custom-"), text.utf8.count <= 40, let first = text.utf8.dropFirst(7).first, first != UInt8(ascii: "-") else {
            return false
        }
        return text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    }

    /// Whether it is a custom compatible endpoint.
    public var isCustom: Bool { Self.isCustomID(rawValue) }

    /// The provider's part of the gateway's address: `anthropic`, or `custom/house` for `custom-house`.
    public var gatewayPath: String { isCustom ? "custom/" + rawValue.dropFirst("custom-".count) : rawValue }

    /// Whether requests to it need a credential.
    public var takesCredential: Bool { self != .rehearsal }

    private init(_ known: String) {
        rawValue = known
    }

    /// Anthropic, with an API key.
    public static let anthropic = Provider("anthropic")
    /// OpenAI, with an API key.
    public static let openai = Provider("openai")
    /// The ChatGPT sign-in that Codex uses, as opposed to an OpenAI API key.
    public static let openaiChatGPT = Provider("openai-chatgpt")
    /// Google, with an API key.
    public static let google = Provider("google")
    /// Mistral, with an API key.
    public static let mistral = Provider("mistral")

    /// SAM's scripted provider, which needs no credential.
    public static let rehearsal = Provider("rehearsal")

    /// The built-in providers that take a credential, in display order. Custom ones are not included.
    public static let all = [anthropic, openai, openaiChatGPT, google, mistral]

    private static let kinds: [String: CredentialKind] = [
        "anthropic": .apiKey, "openai": .apiKey, "openai-chatgpt": .oauth, "google": .apiKey, "mistral": .apiKey,
    ]

    /// The kind of credential that the provider takes.
    public var kind: CredentialKind { Self.kinds[rawValue] ?? .apiKey }

    /// Parses an id entered by a person.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` that lists the providers.
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
