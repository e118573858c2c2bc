import Vault

/// A secret in a request to the server. This is the only type that encodes a secret.
public struct SecretInTransit: Sendable, Codable, CustomStringConvertible, CustomReflectable {
    package let secret: Secret

    /// Wraps a secret for a request.
    public init(_ secret: Secret) {
        self.secret = secret
    }

    /// Decodes a string.
    public init(from decoder: any Decoder) throws {
        secret = Secret(try decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the secret in clear.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(secret.reveal())
    }

    /// A placeholder.
    public var description: String { secret.description }
    /// A mirror without children.
    public var customMirror: Mirror { secret.customMirror }
}
