import Accounts
import AgentProtocol
import Foundation
import Processes
import Sandbox
import Wording

/// SAM's state: the folder `SAM_HOME`, and the paths in it.
public struct Home: Sendable, Hashable {
    /// The folder's absolute path, without links.
    public let path: String

    /// Names a home. Creates nothing.
    public init(path: String) {
        self.path = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false).trimmingTrailingSlashes
    }

    /// The home that the environment names: `SAM_HOME`, or `.sam` in the user's home.
    public init(environment: [String: String]) {
        self.init(path: environment["SAM_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.sam")
    }

    /// The SQLite database.
    public var database: String { path + "/sam.db" }
    /// The owner's API token, which the command line uses.
    public var tokenFile: String { path + "/token" }
    /// The master keys of the vault, readable for the owner only.
    public var masterKeys: String { path + "/vault.keys" }
    /// Key sets of providers, with which their id tokens are checked; need not exist.
    public var identityKeys: String { path + "/identity" }
    /// Gateway usage that is not in the database yet.
    public var usageSpool: String { path + "/usage.spool" }
    /// Refreshed sign-ins that are not in the database yet, sealed.
    public var renewals: String { path + "/renewals" }
    /// The user's own price list of models; need not exist.
    public var userPrices: String { path + "/prices.yaml" }
    /// The rehearsal's script; need not exist.
    public var rehearsalScript: String { path + "/rehearsal.yaml" }
    /// The Unix socket of the rehearsal.
    public var rehearsalSocket: String { path + "/rehearsal.sock" }
    /// Certificates that are trusted in addition to the system's, in PEM; need not exist.
    public var trustRoots: String { path + "/trust.pem" }
    /// The server's log.
    public var serverLog: String { path + "/server.log" }
    /// The process id and the address of a running server.
    public var serverFile: String { path + "/server.json" }
    /// The lock that a running server holds.
    public var serverLock: String { path + "/server.lock" }
    /// The Unix socket for the command line and the runners of this machine.
    public var controlSocket: String { path + "/control.sock" }
    /// The user's own agent definitions; need not exist.
    public var userCatalogue: String { path + "/agents.yaml" }

    var sandboxFiles: SandboxFiles { SandboxFiles(folder: path + "/sandbox") }
    var mirrors: String { path + "/mirrors" }
    var sessions: String { path + "/sessions" }
    var trash: String { path + "/trash" }

    func mirror(_ project: ProjectID) -> String { "\(mirrors)/\(project.rawValue).git" }
    func session(_ session: SessionID) -> String { "\(sessions)/\(session.rawValue)" }
    func workspace(_ session: SessionID) -> String { self.session(session) + "/workspace" }
    /// The index of a workspace as it was created, where no agent can change it.
    func baseIndex(_ session: SessionID) -> String { self.session(session) + "/base.index" }
    /// The objects that a workspace's given refs name, where no agent can change them.
    func givenRefs(_ session: SessionID) -> String { self.session(session) + "/given.refs" }
    /// The uncommitted changes with which the session was created.
    func carriedChanges(_ session: SessionID) -> String { self.session(session) + "/changes.pack" }
    /// Commits that no ref of the workspace reached. No sandbox sees it, and it is removed with its session.
    func lostWork(_ session: SessionID) -> String { self.session(session) + "/lost.git" }
    /// The working folder of a gatherer.
    func gathering(_ session: SessionID) -> String { self.session(session) + "/gathering" }
    func agentHome(_ session: SessionID) -> String { self.session(session) + "/home" }

    /// The folder with the session's own socket, the only socket of SAM's that is bound into its sandbox.
    public func sockets(_ session: SessionID) -> String { "\(path)/sockets/\(session.rawValue)" }
    /// The socket behind the sandbox's loopback port.
    public func gatewaySocket(_ session: SessionID) -> String { RunnerPlace.gatewaySocketPath(in: sockets(session)) }
    /// An attempt's own folder: the runner's configuration, lock, spool and log.
    public func attempt(_ session: SessionID, _ attempt: Int) -> String { "\(self.session(session))/attempt-\(attempt)" }

    /// Why the path can't be used for a home; `nil` when it can.
    var pathObjection: String? {
        // The kernel allows 107 bytes in a socket's path; the longest of SAM's is a session's.
        let longest = gatewaySocket(SessionID(rawValue: "s_000000000000"))
        return longest.utf8.count <= 100 ? nil : "The path of SAM's home is too long for Unix sockets: \(path)"
    }

    /// Creates the folders, accessible for the owner only.
    ///
    /// - Throws: ``WorkspaceError`` when the home can't be made, or its path is too long for a socket.
    public func create() throws {
        if let why = pathObjection { throw WorkspaceError(.home, "\(why). Set SAM_HOME to a shorter one.") }
        do {
            for folder in [path, sandboxFiles.folder, mirrors, sessions, trash, path + "/sockets"] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        } catch {
            throw WorkspaceError(.home, unusable(reason(of: error)))
        }
    }

    /// Why the home's folders can't be made, with the remedy.
    private func unusable(_ why: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return "SAM's home \(path) can't be made: \(why). Set SAM_HOME to a folder of your own."
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return "SAM's home \(path) is no folder. Move it away, or set SAM_HOME to another path."
        }
        let user = UnixUser.name(of: geteuid())
        let remedy =
            status.st_uid == geteuid()
            ? "Run: chmod 700 '\(path)'" : "Run, as its owner or as root: chown \(user) '\(path)' && chmod 700 '\(path)'"
        return "SAM's home \(path) can't be written by \(user): \(why). \(remedy), or set SAM_HOME to another folder."
    }
}

extension String {
    fileprivate var trimmingTrailingSlashes: String {
        var path = self
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
