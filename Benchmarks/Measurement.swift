import Foundation
import Processes

/// Durations of one thing over several rounds.
struct Series {
    let name: String
    private(set) var milliseconds: [Double] = []

    init(_ name: String) {
        self.name = name
    }

    mutating func add(_ duration: Duration) {
        let parts = duration.components
        milliseconds.append(Double(parts.seconds) * 1_000 + Double(parts.attoseconds) / 1e15)
    }

    var median: Double { milliseconds.sorted()[milliseconds.count / 2] }

    /// A row: the name, minimum, median and maximum, and the ratio of the medians to another series'.
    ///
    /// - Parameter factor: how many of the header's unit a millisecond has.
    func row(against base: Series, factor: Double = 1) -> String {
        let sorted = milliseconds.sorted()
        let figures = [sorted.first ?? 0, median, sorted.last ?? 0].map { String(format: "%.1f", $0 * factor) }
        return "| \(name) | \(figures.joined(separator: " | ")) | \(String(format: "%.2f", median / base.median)) |"
    }

    static func header(_ title: String, unit: String = "ms") -> String {
        "| \(title) | min \(unit) | median \(unit) | max \(unit) | ratio |\n| --- | --- | --- | --- | --- |"
    }
}

/// A folder that is removed at the end.
struct Scratch {
    let path = "/tmp/sam-benchmark-\(String(UInt32.random(in: 0 ... .max), radix: 36))"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Makes a repository of one file.
    func smallRepository() async throws -> String {
        let repository = path + "/repository"
        try await git("init", "--quiet", "--initial-branch", "main", repository)
        try Data("# A repository\n".utf8).write(to: URL(filePath: repository + "/README.md"))
        try await git("add", "--all", in: repository)
        try await git("-c", "user.name=bench", "-c", "user.email=bench@invalid", "commit", "--quiet", "--message", "first", in: repository)
        return repository
    }

    /// Runs git with the environment's configuration.
    @discardableResult
    func git(_ arguments: String..., in folder: String? = nil) async throws -> String {
        let output = try await Command(
            "/usr/bin/git", arguments, environment: ProcessInfo.processInfo.environment, workingDirectory: folder
        ).run(timeout: .seconds(900))
        guard output.termination.isSuccess else {
            throw ProcessError(.notStarted, "git \(arguments): \(output.standardError)")
        }
        return output.text
    }
}

/// SAM's programs in a home of their own.
struct Installation {
    let home: String

    @discardableResult
    func sam(_ arguments: String..., input: String = "") async throws -> String { try await sam(arguments, input: input) }

    @discardableResult
    func sam(_ arguments: [String], input: String = "") async throws -> String {
        var environment = ProcessInfo.processInfo.environment
        environment["SAM_HOME"] = home
        let output = try await Command(
            Program.ownFolder + "/sam", arguments, environment: environment, workingDirectory: "/"
        ).run(input: [UInt8](input.utf8), timeout: .seconds(600))
        guard output.termination.isSuccess else {
            throw ProcessError(.notStarted, "sam \(arguments): \(output.standardError)")
        }
        return output.text
    }

    /// The server's process.
    var server: pid_t? { FileLock.holder(path: home + "/server.lock") }

    func stop() {
        if let server { kill(server, SIGTERM) }
    }
}
