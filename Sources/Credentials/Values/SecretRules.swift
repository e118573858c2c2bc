import Foundation
import Vault
import Wording

/// The rules for storable secrets, checked before sealing. No message contains the secret.
enum SecretRules {
    /// The maximum size of a sign-in file in bytes: half of the sync limit, because sync sends it as a JSON string.
    static let fileLimit = 32 << 10
    /// The maximum size of a key in bytes. Keys are sent in a header, and no provider's key comes close to this.
    static let keyLimit = 8 << 10

    /// Checks a secret that a person gave for a provider.
    ///
    /// - Throws: ``CredentialsError/Code/invalid``.
    static func check(_ secret: Secret, for provider: Provider) throws(CredentialsError) {
        let isBlank = secret.withBytes { $0.allSatisfy { $0 <= 0x20 } }
        guard !isBlank else { throw CredentialsError(.invalid, "The secret is empty. To turn a provider off, use `off`.") }
        switch provider.kind {
        case .apiKey: try checkKey(secret, provider)
        case .oauth:
            guard secret.count <= fileLimit else {
                throw CredentialsError(.invalid, "The sign-in file is longer than \(fileLimit >> 10) KiB.")
            }
            _ = try AuthFile(secret)
        }
    }

    private static func checkKey(_ secret: Secret, _ provider: Provider) throws(CredentialsError) {
        guard secret.count <= keyLimit else {
            throw CredentialsError(.invalid, "The key is longer than \(keyLimit >> 10) KiB; no provider's key is.")
        }
        let strange = secret.withBytes { bytes in bytes.firstIndex { !(0x21...0x7e).contains($0) } }
        if let strange {
            throw CredentialsError(
                .invalid,
                """
                The key holds a space, a line break or another character that no key has, at place \(strange + 1) of \(secret.count). \
                Was more than the key pasted?
                """)
        }
        if provider == .anthropic, secret.reveal().hasPrefix("sk-ant-oat") {
            throw CredentialsError(
                .invalid,
                """
                This is a token of a Claude.ai subscription. Anthropic's terms allow such a sign-in in its own programs only, \
                so SAM doesn't take it. Use an API key from the Anthropic console.
                """)
        }
        if provider == .openai, secret.reveal().hasPrefix("{") {
            throw CredentialsError(.invalid, "This looks like Codex's auth.json, which is for the provider openai-chatgpt.")
        }
    }

    /// Validates a label; `nil` gives the provider's name.
    static func label(_ label: String?, for provider: Provider) throws(CredentialsError) -> String {
        guard let label else { return provider.rawValue }
        if let fault = PlainLine.fault(in: label, of: "A label", limit: 80) { throw CredentialsError(.invalid, fault) }
        return label
    }
}
