import Accounts
import AgentProtocol
import Foundation
import Wording

/// Where SAM keeps its state: the folder `SAM_HOME`, and what is where in it.
public struct Home: Sendable, Hashable {
    /// The folder's absolute path, without links.
    public let path: String

    /// Names a home. Makes nothing.
    public init(path: String) {
        self.path = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false).trimmingTrailingSlashes
    }

    /// The home that the environment names: `SAM_HOME`, or `.sam` in the user's own.
    public init(environment: [String: String]) {
        self.init(path: environment["SAM_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.sam")
    }

    public var database: String { path + "/sam.db" }
    public var tokenFile: String { path + "/token" }
    /// The master keys of the vault, for the owner's eyes only.
    public var masterKeys: String { path + "/vault.keys" }
    /// Key sets of providers, with which their id tokens are checked; need not exist.
    public var identityKeys: String { path + "/identity" }
    /// What was used through the gateway and is not in the database yet.
    public var usageSpool: String { path + "/usage.spool" }
    /// The user's own list of what models cost; need not exist.
    public var userPrices: String { path + "/prices.yaml" }
    /// What the rehearsal plays; need not exist.
    public var rehearsalScript: String { path + "/rehearsal.yaml" }
    public var rehearsalSocket: String { path + "/rehearsal.sock" }
    /// Certificates that are trusted besides the system's, in PEM; need not exist.
    public var trustRoots: String { path + "/trust.pem" }
    public var serverLog: String { path + "/server.log" }
    /// What a running server tells of itself: its process and its address.
    public var serverFile: String { path + "/server.json" }
    public var serverLock: String { path + "/server.lock" }
    /// The Unix socket for the command line and the runners of this machine.
    public var controlSocket: String { path + "/control.sock" }
    public var userCatalogue: String { path + "/agents.yaml" }

    var systemCallFilter: String { sandboxFiles + "/system-calls" }
    var sandboxFiles: String { path + "/sandbox" }
    var mirrors: String { path + "/mirrors" }
    var sessions: String { path + "/sessions" }
    var trash: String { path + "/trash" }

    func mirror(_ project: ProjectID) -> String { "\(mirrors)/\(project.rawValue).git" }
    func session(_ session: SessionID) -> String { "\(sessions)/\(session.rawValue)" }
    func workspace(_ session: SessionID) -> String { self.session(session) + "/workspace" }
    /// The index of a workspace as it was made, where no agent can change it.
    func baseIndex(_ session: SessionID) -> String { self.session(session) + "/base.index" }
    /// What the refs name that a workspace was given, where no agent can change it.
    func givenRefs(_ session: SessionID) -> String { self.session(session) + "/given.refs" }
    /// What was not committed when the session was asked for.
    func carriedChanges(_ session: SessionID) -> String { self.session(session) + "/changes.pack" }
    /// Commits that no ref of the workspace reached. No sandbox sees it, and it ends with its session.
    func lostWork(_ session: SessionID) -> String { self.session(session) + "/lost.git" }
    /// Where a gatherer works.
    func gathering(_ session: SessionID) -> String { self.session(session) + "/gathering" }
    func agentHome(_ session: SessionID) -> String { self.session(session) + "/home" }

    /// The folder with the session's own socket, the only one of SAM's that is bound into its sandbox.
    public func sockets(_ session: SessionID) -> String { "\(path)/sockets/\(session.rawValue)" }
    /// The socket behind the sandbox's loopback port.
    public func gatewaySocket(_ session: SessionID) -> String { sockets(session) + "/gateway.sock" }
    /// An attempt's own folder: the runner's configuration, lock, spool and log.
    public func attempt(_ session: SessionID, _ attempt: Int) -> String { "\(self.session(session))/attempt-\(attempt)" }

    /// Why the path can't be a home's; `nil` when it can.
    var pathObjection: String? {
        // The kernel allows 107 bytes in a socket's name; the longest of ours is a session's.
        let longest = gatewaySocket(SessionID(rawValue: "s_000000000000"))
        return longest.utf8.count <= 100 ? nil : "The path of SAM's home is too long for Unix sockets: \(path)"
    }

    /// Makes the folders, for the owner's eyes only.
    ///
    /// - Throws: ``WorkspaceError`` when the home can't be made, or its path is too long for a socket's name.
    public func create() throws {
        if let why = pathObjection { throw WorkspaceError(.home, "\(why). Set SAM_HOME to a shorter one.") }
        do {
            for folder in [path, sandboxFiles, mirrors, sessions, trash, path + "/sockets"] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        } catch {
            throw WorkspaceError(.home, "SAM's home \(path) can't be made: \(reason(of: error)).")
        }
    }
}

extension String {
    fileprivate var trimmingTrailingSlashes: String {
        var path = self
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
