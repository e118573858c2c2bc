import AgentProtocol

/// The address of a server that a person named in `SAM_URL`.
enum ServerAddress {
    /// Refuses a host or port that is none. A library would take 99999 for another port and say that nobody answers there.
    ///
    /// - Throws: ``APIClient/Failure`` that names the address and the remedy.
    static func check(_ url: String) throws {
        guard let authority = HostAndPort.authority(of: url), ["http", "https"].contains(url.prefix { $0 != ":" }.lowercased()) else {
            throw failure(url, "An address is like http://127.0.0.1:7260, with https or http.")
        }
        do {
            _ = try HostAndPort(authority)
        } catch {
            switch error {
            case .port:
                throw failure(url, "It has no port that is one: a port is a number from 1 to 65535.")
            case .host:
                throw failure(url, "It has no host that is one: a name of ASCII letters, or an address, one of IPv6 in brackets.")
            }
        }
    }

    private static func failure(_ url: String, _ why: String) -> APIClient.Failure {
        APIClient.Failure(status: nil, description: "SAM_URL is “\(url.prefix(200))”. \(why)")
    }
}
