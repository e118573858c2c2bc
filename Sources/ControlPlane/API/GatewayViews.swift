import Accounts
import Credentials
import Gateway
import Metering

/// A gateway key as the API shows it: everything but the token.
public struct KeyView: Sendable, Codable {
    public var id: String
    public var name: String
    /// The one provider that it opens; missing for all.
    public var provider: String?
    /// The project under whose layers it stands.
    public var project: String?
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
    public var name: String
    public var provider: String?
    public var project: String?

    /// Asks for a key.
    public init(name: String, provider: String? = nil, project: String? = nil) {
        self.name = name
        self.provider = provider
        self.project = project
    }
}

/// A key that was just made.
public struct CreatedKey: Sendable, Codable {
    public var key: KeyView
    /// Goes where a provider's key goes. It is not shown again.
    public var token: String
    /// Where providers are reached with it: `/anthropic` and so on follow.
    public var gateway: String
}

/// Where a provider is reached, as the API shows it. An address that an administrator set can lie inside of their network, so only
/// administrators see it.
public struct ProviderView: Sendable, Codable {
    public var id: String
    /// Missing for one that is not the reader's to know.
    public var url: String?
    public var format: Dialect
    /// Where its sign-ins are refreshed, where somebody set that.
    public var tokenUrl: String?
    /// Missing like the address: it tells where that lies.
    public var allowsPrivate: Bool?
    /// Whether it is the official address, which nobody set.
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
    public var url: String
    public var format: Dialect?
    public var tokenUrl: String?
    public var allowPrivate: Bool?

    /// Names an address.
    public init(url: String, format: Dialect? = nil, tokenUrl: String? = nil, allowPrivate: Bool? = nil) {
        self.url = url
        self.format = format
        self.tokenUrl = tokenUrl
        self.allowPrivate = allowPrivate
    }
}

/// The body of `PUT /api/v1/budgets/{period}` and of its `/off`, `/on` and `/clear`.
public struct BudgetChange: Sendable, Codable {
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// Dollars, as a person writes them.
    public var limit: String?
    public var reason: String?

    /// Asks for a change.
    public init(scope: Scope, project: String? = nil, limit: String? = nil, reason: String? = nil) {
        self.scope = scope
        self.project = project
        self.limit = limit
        self.reason = reason
    }
}
