import Accounts
import Credentials
import Gateway
import Metering

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

    package init(_ endpoint: ProviderEndpoint, for reader: User) {
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
