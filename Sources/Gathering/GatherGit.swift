import Foundation
import Processes
import Wording

/// git over a repository of the gatherer's own, which borrows the objects of repositories that an agent could write. None of their
/// configuration, hooks, filters or excludes is read.
struct GatherGit: Sendable {
    /// The repository.
    let directory: String
    let identity: [String: String]

    static let program = "/usr/bin/git"

    /// Creates an empty repository.
    ///
    /// - Parameters:
    ///   - objects: object folders that it borrows.
    ///   - shallow: commits at which histories may end.
    /// - Throws: ``GatherError``.
    static func create(_ directory: String, identity: [String: String], borrowing objects: [String], shallow: [String]) async throws
        -> GatherGit
    {
        let git = GatherGit(directory: directory, identity: identity)
        let made = try await git.start(["init", "--bare", "--quiet", "--template=", "--", directory], tree: nil, variables: [:], input: [])
        guard made.termination.isSuccess else { throw GatherError("git init failed: \(made.standardError)") }
        do {
            let lines = objects.map { GitPath($0).quoted + "\n" }.joined()
            try Data(lines.utf8).write(to: URL(filePath: directory + "/objects/info/alternates"))
        } catch {
            throw GatherError("\(directory) can't be written: \(reason(of: error)).")
        }
        try git.endHistories(at: Set(shallow))
        return git
    }

    /// Makes histories end at the given commits, as in shallow clones.
    func endHistories(at commits: Set<String>) throws {
        guard !commits.isEmpty else { return }
        do {
            try Data((commits.sorted().joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: directory + "/shallow"))
        } catch {
            throw GatherError("\(directory) can't be written: \(reason(of: error)).")
        }
    }

    /// Runs git and returns its output.
    ///
    /// - Parameters:
    ///   - tree: the working tree.
    ///   - index: the index file; `nil` for the repository's own.
    ///   - codes: exit codes that count as success.
    ///   - isStrict: whether any output to standard error is a failure.
    /// - Throws: ``GatherError`` with git's message when it fails.
    @discardableResult
    func run(
        _ arguments: [String], tree: String? = nil, index: String? = nil, input: [UInt8] = [], accepting codes: [Int32] = [0],
        isStrict: Bool = false
    ) async throws -> [UInt8] {
        let output = try await start(
            Self.harmless + ["--git-dir", directory] + (tree.map { ["--work-tree", $0] } ?? []) + arguments, tree: tree,
            variables: index.map { ["GIT_INDEX_FILE": $0] } ?? [:], input: input)
        guard codes.contains(where: { output.termination == .exited($0) }), !isStrict || output.standardError.isEmpty else {
            let words = output.standardError.split(separator: "\n").suffix(3).joined(separator: "; ")
            throw GatherError("git \(arguments[0]) failed: \(words.isEmpty ? "\(output.termination)" : words)")
        }
        return output.standardOutput
    }

    /// The first line of git's output.
    func line(_ arguments: [String], tree: String? = nil, index: String? = nil, input: [UInt8] = []) async throws -> String {
        let output = try await run(arguments, tree: tree, index: index, input: input)
        return String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private func start(_ arguments: [String], tree: String?, variables: [String: String], input: [UInt8]) async throws -> Output {
        do {
            return try await Command(
                Self.program, arguments, environment: environment.merging(variables, uniquingKeysWith: { $1 }),
                workingDirectory: tree ?? "/"
            ).run(input: input, limit: 256 << 20, timeout: .seconds(900))
        } catch let error as ProcessError {
            throw GatherError(error.message)
        }
    }

    private static let harmless = [
        "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "core.preloadIndex=true",
        // Takes the content of the tree literally, however this machine is set up.
        "-c", "core.autocrlf=false", "-c", "core.safecrlf=false", "-c", "core.fileMode=true", "-c", "core.ignoreCase=false",
        "-c", "core.logAllRefUpdates=false", "-c", "advice.detachedHead=false", "-c", "core.excludesFile=/dev/null",
        // Refuses names that other systems treat as .git here, before the checks of a whole fetch do.
        "-c", "core.protectHFS=true", "-c", "core.protectNTFS=true",
        "-c", "core.attributesFile=/dev/null", "-c", "core.commitGraph=false",
    ]

    private var environment: [String: String] {
        identity.merging(
            [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_CONFIG_NOSYSTEM": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0",
                "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1",
            ], uniquingKeysWith: { $1 })
    }
}

/// Why work could not be gathered, in a sentence.
public struct GatherError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let message: String

    /// Creates an error.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
}
