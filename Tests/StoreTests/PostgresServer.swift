import Foundation
import Processes
import Synchronization
import Testing

@testable import Store

/// A private PostgreSQL for the tests of this process: no network, its files in a folder of its own, gone when the process ends.
///
/// initdb refuses root, so as root everything runs as the user `nobody`.
final class PostgresServer: Sendable {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    let folder: String
    private let programs: String
    private let counter = Mutex(0)

    /// The one of this process; an error where PostgreSQL is missing or does not start.
    static let shared = Task { try await PostgresServer() }

    private init() async throws {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }
        guard let version = versions.max() else { throw Failed(description: "PostgreSQL is missing: apt-get install postgresql") }
        programs = "\(root)/\(version)/bin"
        // A socket's path has at most 107 bytes.
        folder = "/tmp/sam-pg-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if getuid() == 0, let nobody = getpwnam("nobody") { chown(folder, nobody.pointee.pw_uid, nobody.pointee.pw_gid) }
        try await run("initdb", "-D", folder + "/data", "-A", "trust", "-U", "sam", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")
        let settings = [
            "listen_addresses=''", "unix_socket_directories='\(folder)'", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
            "max_connections=300", "shared_buffers=32MB",
        ]
        for setting in settings { try configure(setting) }
        try await start()
        try Self.endWithProcess(folder)
    }

    private func configure(_ line: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: folder + "/data/postgresql.conf"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data((line + "\n").utf8))
        try handle.close()
    }

    func start() async throws { try await run("pg_ctl", "-D", folder + "/data", "-l", folder + "/log", "-w", "start") }

    /// Stops the server: `fast` ends connections, `immediate` dies as in a power cut.
    func stop(_ mode: String) async throws { try await run("pg_ctl", "-D", folder + "/data", "-m", mode, "-w", "stop") }

    /// The address of a database.
    func url(_ database: String) -> String { "postgresql:///\(database)?host=\(folder)&user=sam" }

    /// Makes an empty database.
    ///
    /// - Returns: its address.
    func database(_ options: String = "") async throws -> String {
        let name = counter.withLock { counter in
            counter += 1
            return "t\(counter)"
        }
        try await sql("postgres", "CREATE DATABASE \(name) \(options)")
        return url(name)
    }

    /// Runs statements as an administrator.
    func sql(_ database: String, _ text: String) async throws {
        try await run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", "sam", "-d", database, "-c", text)
    }

    private func run(_ program: String, _ arguments: String...) async throws {
        let command = ["\(programs)/\(program)"] + arguments
        let line = getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] + command : command
        let output = try await Command(line[0], Array(line.dropFirst()), environment: ["PATH": "/usr/bin:/bin"], workingDirectory: "/tmp")
            .run()
        guard output.termination.isSuccess else {
            throw Failed(description: "\(program) failed (\(output.termination)): \(output.standardOutput) \(output.standardError)")
        }
    }

    /// Ends the server when this process has ended, however that happened.
    private static func endWithProcess(_ folder: String) throws {
        let script = """
            while kill -0 \(getpid()) 2>/dev/null; do sleep 0.5; done
            kill -9 $(head -1 \(folder)/data/postmaster.pid); rm -rf \(folder)
            """
        try Command("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], workingDirectory: "/tmp").detach(log: "/dev/null")
    }
}

/// The databases that a test runs on.
enum Database: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite, postgres

    var testDescription: String { rawValue }

    /// A store on PostgreSQL whose transactions wait for a connection longer than a person would: the tests' machine may be busy.
    static func patient(_ url: String) -> Store {
        Store(backend: PostgresBackend(url, queueing: .seconds(120)), unreadable: UnreadableRows())
    }

    /// Opens an empty database, and lends it with a way to open it again.
    func with<Result>(_ body: (Store, _ open: @Sendable () async throws -> Store) async throws -> Result) async throws -> Result {
        switch self {
        case .sqlite:
            let path = NSTemporaryDirectory() + "store-\(UUID().uuidString).db"
            defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
            return try await body(try Store.sqlite(at: path)) { try Store.sqlite(at: path) }
        case .postgres:
            let url = try await PostgresServer.shared.value.database()
            let store = Self.patient(url)
            let result: Result
            do {
                result = try await body(store) { Self.patient(url) }
            } catch {
                try await store.close()
                throw error
            }
            try await store.close()
            return result
        }
    }
}
