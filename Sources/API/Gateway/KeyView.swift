import Accounts
import Credentials
import Gateway

/// A gateway key in the API, without the token.
public struct KeyView: Sendable, Codable {
    /// The key's id.
    public var id: String
    /// The key's name.
    public var name: String
    /// The only provider that the key can be used for; missing for all.
    public var provider: String?
    /// The project whose layers apply.
    public var project: String?
    /// The time of its creation, in UTC milliseconds.
    public var createdAt: Int64

    package init(_ key: GatewayKey, project: String?) {
        id = key.id.rawValue
        name = key.name
        provider = key.provider?.rawValue
        self.project = project ?? key.project?.rawValue
        createdAt = key.createdAt
    }
}

/// The body of `POST /api/v1/keys`.
public struct NewKey: Sendable, Codable {
    /// The key's name.
    public var name: String
    /// The only provider that it can be used for; missing for all.
    public var provider: String?
    /// The id or name of the project whose layers apply.
    public var project: String?

    /// Creates a body.
    public init(name: String, provider: String? = nil, project: String? = nil) {
        self.name = name
        self.provider = provider
        self.project = project
    }
}

/// A new key.
public struct CreatedKey: Sendable, Codable {
    /// The key's metadata.
    public var key: KeyView
    /// The token, which is used in place of a provider's key. It is not shown again.
    public var token: String
    /// The gateway's URL, to which `/anthropic` and so on are appended.
    public var gateway: String

    package init(key: KeyView, token: String, gateway: String) {
        self.key = key
        self.token = token
        self.gateway = gateway
    }
}
