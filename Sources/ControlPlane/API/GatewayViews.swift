import Accounts
import Credentials
import Gateway
import Metering

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

    init(_ key: GatewayKey, project: String?) {
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
}

/// A provider's address in the API. An address set by an administrator may be in their internal network, so only administrators see it.
public struct ProviderView: Sendable, Codable {
    /// The provider's id.
    public var id: String
    /// The URL; missing if the reader may not see it.
    public var url: String?
    /// The API's format.
    public var format: Dialect
    /// The URL at which sign-ins are refreshed, if one was set.
    public var tokenUrl: String?
    /// Whether the address may be in a private network; missing like the URL, because it hints at it.
    public var allowsPrivate: Bool?
    /// Whether this is the built-in address.
    public var isOfficial: Bool

    init(_ endpoint: ProviderEndpoint, for reader: User) {
        id = endpoint.provider.rawValue
        format = endpoint.dialect
        isOfficial = endpoint.isBuiltIn
        guard endpoint.isOfficial || reader.role == .administrator else { return }
        url = endpoint.url
        tokenUrl = endpoint.tokenURL
        allowsPrivate = endpoint.allowsPrivate
    }
}

/// The body of `PUT /api/v1/providers/{provider}`.
public struct ProviderAddress: Sendable, Codable {
    /// The URL.
    public var url: String
    /// The API's format, for custom providers.
    public var format: Dialect?
    /// The URL at which sign-ins are refreshed.
    public var tokenUrl: String?
    /// Whether the address may be in a private network.
    public var allowPrivate: Bool?

    /// Creates a body.
    public init(url: String, format: Dialect? = nil, tokenUrl: String? = nil, allowPrivate: Bool? = nil) {
        self.url = url
        self.format = format
        self.tokenUrl = tokenUrl
        self.allowPrivate = allowPrivate
    }
}

/// The body of `PUT /api/v1/budgets/{period}` and of its `/off`, `/on` and `/clear`.
public struct BudgetChange: Sendable, Codable {
    /// The scope to change.
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// The limit in dollars, as text.
    public var limit: String?
    /// What it reserves, when it is set; missing leaves it as it is.
    public var mode: String?
    /// The reason for turning it off.
    public var reason: String?

    /// Creates a body.
    public init(scope: Scope, project: String? = nil, limit: String? = nil, mode: String? = nil, reason: String? = nil) {
        self.scope = scope
        self.project = project
        self.limit = limit
        self.mode = mode
        self.reason = reason
    }
}
