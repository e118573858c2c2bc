import AgentProtocol
import Credentials
import Settings

/// What a session's agent may reach outside.
public struct EgressRules: Sendable, Hashable {
    public var hosts: [HostPattern]
    /// Hosts that may be in a private network or on this machine.
    public var privateHosts: [HostPattern]
    /// What stands behind `@repository`.
    public var repository: [HostPattern]

    /// Names the rules.
    public init(hosts: [HostPattern], privateHosts: [HostPattern], repository: [HostPattern]) {
        self.hosts = hosts
        self.privateHosts = privateHosts
        self.repository = repository
    }

    /// Nothing is allowed.
    public static let nothing = EgressRules(hosts: [], privateHosts: [], repository: [])

    func allows(_ target: EgressTarget) -> Bool {
        hosts.contains { $0.matches(target.host, port: target.port) }
            || hosts.contains(.repository) && repository.contains { $0.matches(target.host, port: target.port) }
    }

    func allowsPrivate(_ target: EgressTarget) -> Bool {
        privateHosts.contains { $0.matches(target.host, port: target.port) }
    }
}

/// What the egress proxy needs of the rest of SAM.
public struct EgressGate: Sendable {
    /// What a session's agent may reach.
    public var rules: @Sendable (SessionReference) async -> EgressRules
    /// Tells whoever follows the session what was refused and why.
    public var refused: @Sendable (SessionReference, EgressRefusal) async -> Void

    /// Wraps both.
    public init(
        rules: @escaping @Sendable (SessionReference) async -> EgressRules,
        refused: @escaping @Sendable (SessionReference, EgressRefusal) async -> Void
    ) {
        self.rules = rules
        self.refused = refused
    }

    /// Nothing gets out.
    public static let closed = EgressGate(rules: { _ in .nothing }, refused: { _, _ in })
}

/// What a session's agent was refused.
public struct EgressRefusal: Sendable, Hashable {
    /// What was refused and why, for a person.
    public var sentence: String
    /// Where it wanted to; `nil` where that was no address.
    public var host: String?
    public var port: Int?

    /// Describes a refusal.
    public init(_ sentence: String, host: String? = nil, port: Int? = nil) {
        self.sentence = sentence
        self.host = host
        self.port = port
    }
}

/// Where an agent wants to.
struct EgressTarget: Sendable, Hashable {
    var host: String
    var port: Int
    /// For plain HTTP: the path and query.
    var path: String?

    /// What `CONNECT` names: a host and a port.
    init?(authority: String) {
        guard let place = try? HostAndPort(authority), let port = place.port else { return nil }
        self.init(host: place.host, port: port)
    }

    /// An absolute `http` address, as a client writes it to a proxy (RFC 9112, section 3.2.2).
    init?(absolute uri: String) {
        guard uri.lowercased().hasPrefix("http://") else { return nil }
        let rest = uri.dropFirst("http://".count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        // A name and password, or anything else that is no host, is not taken for one.
        guard let place = try? HostAndPort(rest[..<end]) else { return nil }
        let path = rest[end...]
        self.init(host: place.host, port: place.port ?? 80, path: path.hasPrefix("/") ? String(path) : "/" + path)
    }

    private init(host: String, port: Int, path: String? = nil) {
        self.host = host
        self.port = port
        self.path = path
    }

    /// The host and port as they stand in an address.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
    /// What stands in the `Host` header.
    var hostHeader: String { port == 80 ? (host.contains(":") ? "[\(host)]" : host) : authority }
}
