import Vault

/// A secret on its way from a person's keyboard to the server: the one form in which it is ever encoded.
public struct SecretInTransit: Sendable, Codable, CustomStringConvertible, CustomReflectable {
    let secret: Secret

    /// Wraps a secret for the request that carries it.
    public init(_ secret: Secret) {
        self.secret = secret
    }

    public init(from decoder: any Decoder) throws {
        secret = Secret(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(secret.reveal())
    }

    public var description: String { secret.description }
    public var customMirror: Mirror { secret.customMirror }
}
