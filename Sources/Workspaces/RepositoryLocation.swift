import Accounts
import AgentProtocol
import Foundation
import Wording

/// The address of a repository, checked before git sees it.
public enum RepositoryLocation: Sendable, Hashable {
    /// A URL with one of the schemes that git fetches over a network, or `user@host:path`.
    case remote(String)
    /// An absolute path on this machine. For administrators only.
    case local(String)

    /// Parses an address.
    ///
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/address`` for everything else: options in disguise, remote helpers such
    ///   as `ext::`, `file:` URLs, and URLs that contain a secret.
    public init(_ text: String) throws(WorkspaceError) {
        guard !text.isEmpty, text.utf8.count <= 2_048 else {
            throw WorkspaceError(.address, "A repository is a URL or an absolute path of at most 2048 bytes.")
        }
        guard VisibleText(text).text == text else {
            throw WorkspaceError(.address, "The repository's address holds a control character or another that can't be seen.")
        }
        guard !text.hasPrefix("-") else {
            throw WorkspaceError(.address, "The repository's address begins with a dash, which git would take for an option.")
        }
        if text.hasPrefix("/") {
            self = .local(text)
        } else if let match = text.prefixMatch(of: /([A-Za-z][A-Za-z0-9+.-]*):\/\//) {
            self = try .checked(url: text, scheme: match.1.lowercased())
        } else if text.contains("::") {
            throw WorkspaceError(.address, "Remote helpers such as ext:: run programs, so SAM does not take them.")
        } else if text.wholeMatch(of: /[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-].*/) != nil {
            self = .remote(text)
        } else {
            let isHost = text.prefixMatch(of: /[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\//) != nil
            throw WorkspaceError(
                .address,
                "“\(text.prefix(80))” is neither a URL (https, http, ssh), nor user@host:path, nor an absolute path."
                    + (isHost ? " Did you mean https://\(text.prefix(80))?" : ""))
        }
    }

    private static func checked(url text: String, scheme: String) throws(WorkspaceError) -> RepositoryLocation {
        guard ["https", "http", "ssh"].contains(scheme) else {
            let hint = scheme == "file" ? " Give the path itself." : ""
            throw WorkspaceError(.address, "SAM fetches over https, http and ssh, not over \(scheme).\(hint)")
        }
        try check(HostAndPort.authority(of: text) ?? "")
        guard let url = URL(string: text), let host = url.host(percentEncoded: false), !host.isEmpty else {
            throw WorkspaceError(.address, "“\(text.prefix(80))” is no URL with a host.")
        }
        guard !host.hasPrefix("-"), url.user()?.hasPrefix("-") != true else {
            throw WorkspaceError(.address, "The URL's host begins with a dash, which ssh would take for an option.")
        }
        guard url.password() == nil, url.user() == nil || scheme == "ssh" else {
            throw WorkspaceError(
                .address,
                "The URL carries a user or password, and URLs end up in logs. Leave it out and let a git credential helper answer.")
        }
        guard url.path(percentEncoded: false).count > 1, !text.contains("--upload-pack") else {
            throw WorkspaceError(.address, "“\(text.prefix(80))” names no repository.")
        }
        return .remote(text)
    }

    /// git, ssh and curl each parse host and port differently, so ambiguous ones are refused. The message does not quote them, because a
    /// password with a slash in it looks like one.
    private static func check(_ authority: Substring) throws(WorkspaceError) {
        do {
            _ = try HostAndPort(authority)
        } catch {
            switch error {
            case .port:
                throw WorkspaceError(.address, "The repository's address has no port that is one: a port is a number from 1 to 65535.")
            case .host:
                throw WorkspaceError(
                    .address,
                    """
                    The repository's address has no host that is one: a name of ASCII letters, or an address, one of IPv6 in brackets and \
                    without a zone.
                    """)
            }
        }
    }

    /// The address for git.
    public var address: String {
        switch self {
        case .remote(let url): url
        case .local(let path): path
        }
    }

    /// A project's name, made from the last part of the path; `nil` if that has no letter and no digit.
    public var suggestedName: ProjectName? {
        let parts = path.split(separator: "/").map(String.init)
        guard let last = parts.last else { return nil }
        return ProjectName(madeFrom: last.hasSuffix(".git") ? String(last.dropLast(4)) : last)
    }

    /// The path on its server or on this machine.
    private var path: String {
        switch self {
        case .local(let path): path
        // URLs encode letters of other scripts; `user@host:path` does not.
        case .remote(let text) where text.contains("://"): URL(string: text)?.path(percentEncoded: false) ?? ""
        case .remote(let text): text.split(separator: ":", maxSplits: 1).last.map(String.init) ?? ""
        }
    }
}

extension RepositoryLocation {
    /// The host that it is fetched from, and the host with its port if that is not the default one; empty for a path on this machine.
    public var authorities: [String] {
        guard case .remote(let text) = self else { return [] }
        guard text.contains("://") else {
            // The other form: user@host:path.
            return text.firstMatch(of: /@([^:]+):/).map { [String($0.1)] } ?? []
        }
        guard let url = URL(string: text), let name = url.host(percentEncoded: false) else { return [] }
        // Without an ssh port, because agents reach the host over the web, however SAM fetches it.
        let port = url.scheme?.lowercased() == "ssh" ? nil : url.port
        let host = name.contains(":") ? "[\(name)]" : name
        return [host] + (port.map { ["\(host):\($0)"] } ?? [])
    }
}
