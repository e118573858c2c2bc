import AgentProtocol
import Credentials
import Settings

/// The hosts that a session's agent may reach.
public struct EgressRules: Sendable, Hashable {
    /// The allowed hosts.
    public var hosts: [HostPattern]
    /// Hosts that may be in a private network or on this machine.
    public var privateHosts: [HostPattern]
    /// The hosts that `@repository` stands for.
    public var repository: [HostPattern]

    /// Creates the rules.
    public init(hosts: [HostPattern], privateHosts: [HostPattern], repository: [HostPattern]) {
        self.hosts = hosts
        self.privateHosts = privateHosts
        self.repository = repository
    }

    /// Allows nothing.
    public static let nothing = EgressRules(hosts: [], privateHosts: [], repository: [])

    func allows(_ target: EgressTarget) -> Bool {
        hosts.contains { $0.matches(target.host, port: target.port) }
            || hosts.contains(.repository) && repository.contains { $0.matches(target.host, port: target.port) }
    }

    func allowsPrivate(_ target: EgressTarget) -> Bool {
        privateHosts.contains { $0.matches(target.host, port: target.port) }
    }
}

/// The egress proxy's connection to the rest of SAM.
public struct EgressGate: Sendable {
    /// Returns the egress rules of a session.
    public var rules: @Sendable (SessionReference) async -> EgressRules
    /// Notifies the followers of a session of a refusal.
    public var refused: @Sendable (SessionReference, EgressRefusal) async -> Void

    /// Creates a gate.
    public init(
        rules: @escaping @Sendable (SessionReference) async -> EgressRules,
        refused: @escaping @Sendable (SessionReference, EgressRefusal) async -> Void
    ) {
        self.rules = rules
        self.refused = refused
    }

    /// Allows nothing.
    public static let closed = EgressGate(rules: { _ in .nothing }, refused: { _, _ in })
}

/// A refused egress request of a session's agent.
public struct EgressRefusal: Sendable, Hashable {
    /// The refused target and the reason, for a person.
    public var sentence: String
    /// The requested host; `nil` for an invalid address.
    public var host: String?
    /// The requested port; `nil` for an invalid address.
    public var port: Int?

    /// Creates a refusal.
    public init(_ sentence: String, host: String? = nil, port: Int? = nil) {
        self.sentence = sentence
        self.host = host
        self.port = port
    }
}

/// The target of an egress request.
struct EgressTarget: Sendable, Hashable {
    var host: String
    var port: Int
    /// For plain HTTP: the path and query.
    var path: String?

    /// Parses the target of `CONNECT`: a host and a port.
    init?(authority: String) {
        guard let place = try? HostAndPort(authority), let port = place.port else { return nil }
        self.init(host: place.host, port: port)
    }

    /// Parses an absolute `http` address, as clients send it to a proxy (RFC 9112, section 3.2.2).
    init?(absolute uri: String) {
        guard uri.lowercased().hasPrefix("http://") else { return nil }
        let rest = uri.dropFirst("http://".count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        // A user name and password, or any other invalid host, is rejected.
        guard let place = try? HostAndPort(rest[..<end]) else { return nil }
        let path = rest[end...]
        self.init(host: place.host, port: place.port ?? 80, path: path.hasPrefix("/") ? String(path) : "/" + path)
    }

    private init(host: String, port: Int, path: String? = nil) {
        self.host = host
        self.port = port
        self.path = path
    }

    /// The host and port as in an address.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
    /// The value of the `Host` header.
    var hostHeader: String { port == 80 ? (host.contains(":") ? "[\(host)]" : host) : authority }
}
