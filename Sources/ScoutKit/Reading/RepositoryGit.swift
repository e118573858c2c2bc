import Foundation
import Processes

/// Queries git about a repository with untrusted configuration.
struct RepositoryGit: Sendable {
    private let program: String
    private let root: String

    /// Finds git; `nil` when it is not installed or the folder is no repository.
    init?(root: String) {
        guard let program = Program.find("git"), FileManager.default.fileExists(atPath: root + "/.git") else { return nil }
        self.program = program
        self.root = root
    }

    /// The names of all tracked files, in bytes: a name need not be UTF-8.
    func trackedFiles() async throws -> [[UInt8]] {
        try await run(["ls-files", "-z"]).split(separator: 0).map(Array.init)
    }

    /// The commits of the last days, newest first.
    func history(days: Int) async throws -> [Commit] {
        let text = String(
            decoding: try await run([
                "log", "--since=\(days).days.ago", "--no-merges", "--no-renames", "--name-only", "-z",
                "--pretty=format:%x01%H%x02%aN%x02%cI%x02%s%x02",
            ]), as: UTF8.self)
        return text.split(separator: "\u{1}").compactMap(Commit.init)
    }

    /// The newest commit, however old.
    func newest() async throws -> Commit? {
        let text = String(
            decoding: try await run(["log", "-1", "--pretty=format:%H%x02%aN%x02%cI%x02%s%x02"]), as: UTF8.self)
        return Commit(Substring(text))
    }

    /// The number of commits that HEAD reaches.
    func commitCount() async throws -> Int {
        let text = String(decoding: try await run(["rev-list", "--count", "HEAD"]), as: UTF8.self)
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    private func run(_ arguments: [String]) async throws -> [UInt8] {
        let harmless = [
            "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false",
            "-c", "core.quotePath=false", "--no-pager",
        ]
        var environment = ["LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"]
        for name in ["PATH", "HOME"] { environment[name] = ProcessInfo.processInfo.environment[name] }
        let output = try await Command(
            program, harmless + arguments, environment: environment, workingDirectory: root
        ).run(limit: 256 << 20, timeout: .seconds(120))
        guard output.termination.isSuccess else {
            throw ProcessError(.notStarted, "git \(arguments[0]): \(output.standardError.prefix(300))")
        }
        return output.standardOutput
    }
}

/// A commit, with the files it changed if they were requested.
struct Commit: Sendable, Hashable {
    var hash: String
    var author: String
    /// The committer's date, in ISO 8601.
    var date: String
    var subject: String
    var files: [String]

    init?(_ record: Substring) {
        let fields = record.split(separator: "\u{2}", maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count == 5, !fields[0].isEmpty else { return nil }
        hash = String(fields[0])
        author = String(fields[1]).onOneLine
        date = String(fields[2])
        subject = String(fields[3]).onOneLine
        // The format ends with a line break; then names follow, separated by zeros, which may contain line breaks.
        files = fields[4].drop { $0 == "\n" }.split(separator: "\0").map(String.init).filter(\.canBeWrittenDown)
    }
}
