import API
import AgentProtocol
import Foundation

/// The server in `SAM_URL`.
struct ServerAddress: Sendable {
    let text: String

    /// Parses an address.
    ///
    /// - Throws: `APIClient.Failure` with an example if it is invalid.
    init(_ text: String) throws {
        let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
        // Libraries read port 99999 as another port and would report that nothing answers there.
        guard let authority = HostAndPort.authority(of: trimmed), ["http", "https"].contains(trimmed.prefix { $0 != ":" }.lowercased())
        else {
            throw Self.failure(text, "An address is like http://127.0.0.1:7260, with https or http.")
        }
        do {
            _ = try HostAndPort(authority)
        } catch {
            switch error {
            case .port:
                throw Self.failure(text, "It has no port that is one: a port is a number from 1 to 65535.")
            case .host:
                throw Self.failure(text, "It has no host that is one: a name of ASCII letters, or an address, one of IPv6 in brackets.")
            }
        }
        self.text = trimmed
    }

    private static func failure(_ url: String, _ why: String) -> APIClient.Failure {
        APIClient.Failure(
            status: nil, description: "SAM_URL is “\(url.prefix(200))”. \(why) Without SAM_URL, the server of this machine is used.")
    }

    private var url: URL? { URL(string: text) }

    /// Whether it is this machine.
    var isHere: Bool { ["127.0.0.1", "localhost", "::1"].contains(url?.host(percentEncoded: false) ?? "") }

    var isEncrypted: Bool { url?.scheme?.lowercased() == "https" }

    /// The same place without TLS; `nil` for an address that has none.
    var plain: String? { isEncrypted ? "http" + text.dropFirst("https".count) : nil }

    /// The address without its path; `nil` if it has no path.
    var root: String? {
        guard let scheme = text.range(of: "://"), let end = text[scheme.upperBound...].firstIndex(of: "/") else { return nil }
        return String(text[..<end])
    }

    /// The next step if nothing answers there.
    var remedy: String {
        let port = url?.port ?? (isEncrypted ? 443 : 80)
        let start =
            isHere
            ? "Start one there (sam serve\(port == Serve.usualPort ? "" : " --port \(port)"))"
            : "See whether it runs, and whether that is its address"
        return "\(start), or unset SAM_URL to use the server of this machine, which starts by itself."
    }
}
