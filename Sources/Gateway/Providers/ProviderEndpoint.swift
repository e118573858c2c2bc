import Accounts
import AgentProtocol
import Credentials
import Foundation
import Metering
import Store

/// The address of a provider, with its API dialect.
public struct ProviderEndpoint: Sendable, Hashable {
    /// The provider.
    public var provider: Provider
    /// The host and port, or the socket.
    public var address: UpstreamAddress
    /// The prefix of every request path: empty, or starting with a slash and not ending with one.
    public var basePath: String
    /// The API that it speaks.
    public var dialect: Dialect
    /// The address that refreshes its sign-ins; `nil` for the official one.
    public var tokenURL: String?
    /// Whether it may be on this machine or in a private network.
    public var allowsPrivate: Bool
    /// Whether it is one of SAM's defaults, not set by an administrator.
    public var isBuiltIn: Bool

    /// Parses an address entered by a person.
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

    static func parse(_ text: String) throws(GatewayError) -> (URL, UpstreamAddress) {
        let noAddress = GatewayError(
            .invalid, "An address is like https://llm.example.org/v1, with https or http; not “\(shown(text))”.")
        // `URL` would encode them and change the address.
        guard !holdsBlank(text) else {
            throw GatewayError(.invalid, "An address has no spaces and no control characters, encoded or not.")
        }
        // Host and port are parsed here because `URL` accepts more ports than the network does.
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

    private static func holdsBlank(_ text: String) -> Bool {
        let texts = [text, text.removingPercentEncoding ?? ""]
        return texts.contains { $0.unicodeScalars.contains { $0.properties.isWhitespace || $0.properties.generalCategory == .control } }
    }

    /// The address as errors may quote it: without the part before an `@`, which could contain a password.
    private static func shown(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return String(text.prefix(80)) }
        return "…\(text[at...].prefix(80))"
    }

    /// Whether it is the provider's official address.
    public var isOfficial: Bool { isBuiltIn && address.socket == nil }

    /// Whether the addresses that it resolves to are checked. Official addresses are not, because this network controls how they resolve.
    var isVetted: Bool { !allowsPrivate && !isBuiltIn }

    /// The hosts that keys or tokens are sent to.
    var hosts: [String] {
        [address.host] + (tokenURL.flatMap { try? Self.parse($0).1.host }.map { [$0] } ?? [])
    }

    /// Creates the address of a server on a Unix socket of this machine.
    public init(_ provider: Provider, socket: String, dialect: Dialect) {
        self.provider = provider
        address = UpstreamAddress(isTLS: false, host: "localhost", port: 80, socket: socket)
        basePath = ""
        self.dialect = dialect
        allowsPrivate = true
        isBuiltIn = true
    }

    /// The address as text.
    public var url: String {
        if let socket = address.socket { return "unix:\(socket)" }
        return "\(address.isTLS ? "https" : "http")://\(address.hostHeader)\(basePath)"
    }
}

/// A target to connect to. Connections to the same one are interchangeable.
public struct UpstreamAddress: Sendable, Hashable {
    var isTLS: Bool
    var host: String
    var port: Int
    /// The path of a Unix socket, instead of the host.
    var socket: String?

    /// The value of the `Host` header.
    var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
    }
}
