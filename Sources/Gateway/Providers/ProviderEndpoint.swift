import Accounts
import AgentProtocol
import Credentials
import Foundation
import Metering
import Store

/// Where a provider is reached.
public struct ProviderEndpoint: Sendable, Hashable {
    public var provider: Provider
    public var address: UpstreamAddress
    /// What stands before a request's own path; empty or beginning with a slash, without one at its end.
    public var basePath: String
    /// Whose API it speaks.
    public var dialect: Dialect
    /// Where its sign-ins are refreshed, if not where they usually are.
    public var tokenURL: String?
    /// Whether it may be on this machine or in a private network.
    public var allowsPrivate: Bool
    /// Whether it is one of SAM's own, which nobody set.
    public var isBuiltIn: Bool

    /// Reads an address that a person wrote.
    ///
    /// - Throws: ``GatewayError/Code/invalid`` that says what is wrong with it.
    public init(
        _ provider: Provider, url text: String, dialect: Dialect, tokenURL: String? = nil, allowsPrivate: Bool, isBuiltIn: Bool = false
    ) throws(GatewayError) {
        let (url, address) = try Self.parse(text)
        guard url.user() == nil, url.password() == nil else {
            throw GatewayError(.invalid, "An address holds no name and password. Keys go in with: sam credentials set \(provider.rawValue)")
        }
        guard url.query() == nil, url.fragment() == nil else {
            throw GatewayError(.invalid, "An address ends with its path, without a query or a fragment.")
        }
        var path = url.path(percentEncoded: true)
        while path.hasSuffix("/") { path.removeLast() }
        guard !RequestTarget(path).climbs else { throw GatewayError(.invalid, "An address has no dots for folders in its path.") }
        self.provider = provider
        self.address = address
        basePath = path
        if let tokenURL {
            guard provider == .openaiChatGPT else {
                throw GatewayError(.invalid, "Only a provider whose sign-ins rotate has an address to refresh them.")
            }
            _ = try Self.parse(tokenURL)
            self.tokenURL = tokenURL
        }
        self.dialect = dialect
        self.allowsPrivate = allowsPrivate
        self.isBuiltIn = isBuiltIn
    }

    private static func parse(_ text: String) throws(GatewayError) -> (URL, UpstreamAddress) {
        let noAddress = GatewayError(
            .invalid, "An address is like https://llm.example.org/v1, with https or http; not “\(shown(text))”.")
        // The host and port are read here and not by `URL`, which takes more for a port than the network does.
        guard text.utf8.count <= 2_000, let authority = HostAndPort.authority(of: text), !authority.isEmpty,
            let scheme = text.firstRange(of: "://").map({ text[..<$0.lowerBound].lowercased() }), ["http", "https"].contains(scheme)
        else { throw noAddress }
        let place: HostAndPort
        do {
            place = try HostAndPort(authority)
        } catch {
            switch error {
            case .port:
                throw GatewayError(.invalid, "“\(shown(text))” has no port that is one: a port is a number from 1 to 65535.")
            case .host:
                throw GatewayError(
                    .invalid,
                    "“\(shown(text))” has no host that is one: a name of ASCII letters, or an address, one of IPv6 in brackets and without a zone."
                )
            }
        }
        guard let url = URL(string: text) else { throw noAddress }
        return (url, UpstreamAddress(isTLS: scheme == "https", host: place.host, port: place.port ?? (scheme == "https" ? 443 : 80)))
    }

    /// An address as an error may quote it: without what stands before an `@`, which could be a password.
    private static func shown(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return String(text.prefix(80)) }
        return "…\(text[at...].prefix(80))"
    }

    /// Whether its address is one that everybody knows: a provider's own.
    public var isOfficial: Bool { isBuiltIn && address.socket == nil }

    /// Whether addresses that it leads to are looked at. Where an official one leads is this network's own affair.
    var isVetted: Bool { !allowsPrivate && !isBuiltIn }

    /// The hosts that keys or tokens are sent to.
    var hosts: [String] {
        [address.host] + (tokenURL.flatMap { try? Self.parse($0).1.host }.map { [$0] } ?? [])
    }

    /// A server on a Unix socket of this machine.
    public init(_ provider: Provider, socket: String, dialect: Dialect) {
        self.provider = provider
        address = UpstreamAddress(isTLS: false, host: "localhost", port: 80, socket: socket)
        basePath = ""
        self.dialect = dialect
        allowsPrivate = true
        isBuiltIn = true
    }

    /// The address as a person wrote it.
    public var url: String {
        if let socket = address.socket { return "unix:\(socket)" }
        return "\(address.isTLS ? "https" : "http")://\(address.hostHeader)\(basePath)"
    }
}

/// A place to connect to. Connections to the same one are interchangeable.
public struct UpstreamAddress: Sendable, Hashable {
    var isTLS: Bool
    var host: String
    var port: Int
    /// The path of a Unix socket, instead of the host.
    var socket: String?

    /// What stands in the `Host` header.
    var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
    }
}
