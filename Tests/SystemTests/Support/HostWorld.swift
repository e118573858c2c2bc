import AgentProtocol
import Foundation
import NIOCore
import NIOPosix
import Processes
import TestSupport
import Testing

/// Where workspaces live.
enum HostPlace: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// On the server's own machine: `sam serve`.
    case thisMachine
    /// On another machine, in a folder of its own, whose processes can't see the server's home and reach it by TLS: `sam-elsewhere`.
    case otherMachine

    var testDescription: String { rawValue }

    /// Runs a test's body with a server, a project, and where to look for workspaces.
    func with(files: [String: String] = ["README.md": "# A project\n"], _ body: (HostWorld) async throws -> Void) async throws {
        try await SamFixture.with { sam in
            let world = try await HostWorld(self, sam)
            try await world.serve()
            try await sam.project(files: files)
            try await body(world)
        }
    }
}

/// A server and the place of its workspaces.
struct HostWorld: Sendable {
    let place: HostPlace
    let sam: SamFixture
    /// The state's folder on the machine that has the workspaces.
    let root: String
    /// The port, the certificate and the key of the listener for workspaces elsewhere.
    let port: Int
    let certificate: String
    let key: String

    init(_ place: HostPlace, _ sam: SamFixture) async throws {
        self.place = place
        self.sam = sam
        root = place == .thisMachine ? sam.home : sam.scratch + "/machine"
        (certificate, key) = try await sam.certificate()
        port = try await Self.freePort()
    }

    /// A port that nothing listens on. It stays the same when the server starts again.
    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        try await channel.close()
        return port
    }

    /// Starts the server.
    @discardableResult
    func serve() async throws -> pid_t {
        switch place {
        case .thisMachine: try await sam.serve("--remote", "127.0.0.1:\(port)", "--certificate", certificate, "--key", key)
        case .otherMachine: try await sam.start([SamFixture.programs + "/sam-elsewhere", root, String(port), certificate, key])
        }
    }

    /// Kills the server.
    func killServer() async throws {
        try await sam.killHard(try #require(FileLock.holder(path: sam.home + "/server.lock")))
    }

    func workspace(_ session: String) -> String { "\(root)/sessions/\(session)/workspace" }

    func attempt(_ session: String) -> String { "\(root)/sessions/\(session)/attempt-1" }

    func lock(_ session: String) -> String { RunnerPlace.lockPath(in: attempt(session)) }

    /// The process of a session's runner.
    func runner(_ session: String) throws -> pid_t { try #require(FileLock.holder(path: lock(session))) }

    /// The file from which a session's runner started.
    func start(of session: String) throws -> RunnerStart {
        let file = RunnerPlace.startPath(in: attempt(session))
        return try JSONLine.decode(from: try #require(FileManager.default.contents(atPath: file)))
    }

    /// Starts a session and waits until its agent is at work and has left a file.
    func working(agent: String = "chatty", _ prompt: String = "until told", file: String = "left-behind.txt") async throws -> String {
        let id = try await sam.start(project: "project", agent: agent, prompt)
        try await eventually("the agent of \(id) has left \(file)") { FileManager.default.fileExists(atPath: workspace(id) + "/" + file) }
        return id
    }

    func phase(_ session: String) async throws -> String? { try await sam.json("sessions", "show", session)["phase"]?.string }

    /// Waits for the end, and returns the session with its log.
    func finish(_ session: String) async throws -> FinishedSession {
        FinishedSession(session: try await sam.finish(session), events: try await sam.events(session))
    }

    /// Lets a `chatty` agent end.
    func letEnd(_ session: String) throws {
        try Data().write(to: URL(filePath: workspace(session) + "/enough"))
    }

    /// Makes it impossible to find out whether a runner lives, until the body has returned.
    func unknowable(_ session: String, _ body: () async throws -> Void) async throws {
        let manager = FileManager.default
        switch place {
        case .thisMachine:
            // No lock can be looked at where a folder is.
            try manager.moveItem(atPath: lock(session), toPath: lock(session) + ".aside")
            try manager.createDirectory(atPath: lock(session), withIntermediateDirectories: false)
        case .otherMachine: try Data().write(to: URL(filePath: root + "/unreachable"))
        }
        try await body()
        switch place {
        case .thisMachine:
            try manager.removeItem(atPath: lock(session))
            try manager.moveItem(atPath: lock(session) + ".aside", toPath: lock(session))
        case .otherMachine: try manager.removeItem(atPath: root + "/unreachable")
        }
    }
}
