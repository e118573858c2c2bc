import API
import Foundation
import Processes
import Wording
import Workspaces

/// The uncommitted changes in the working tree of a repository on this machine.
///
/// git runs with the user's own rights and excludes, but runs nothing of the repository's: no hook, filter or file system monitor. The
/// repository's index, working tree, refs and stash stay unchanged.
struct LocalChanges {
    private let program: String
    private let top: String
    private let environment: [String: String]

    /// The paths of changed or deleted files and of untracked files, as git prints them.
    struct Files {
        var changed: [[UInt8]] = []
        var untracked: [[UInt8]] = []

        var all: [[UInt8]] { changed + untracked }

        /// The counts in words: “1 changed and 2 untracked files”, “1 changed file and 1 untracked file”.
        var counts: String {
            if changed.count > 0, untracked.count > 1 { return "\(changed.count) changed and \(untracked.count.of("untracked file"))" }
            let parts = [(changed.count, "changed file"), (untracked.count, "untracked file")].filter { $0.0 > 0 }
            return parts.map { $0.0.of($0.1) }.joined(separator: " and ")
        }
    }

    /// Creates a reader; `nil` unless the address is a repository on this machine with a working tree.
    init?(at address: String) {
        guard address.hasPrefix("/"), FileManager.default.fileExists(atPath: address + "/.git"), let git = Program.find("git") else {
            return nil
        }
        program = git
        top = address
        let own = ProcessInfo.processInfo.environment
        var environment = [
            "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_TERMINAL_PROMPT": "0",
        ]
        for name in ["PATH", "HOME", "USER", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] { environment[name] = own[name] }
        self.environment = environment
    }

    /// The files, without those of submodules and nested repositories.
    ///
    /// - Throws: `APIClient.Failure` if git fails.
    func files() async throws -> Files {
        let listing = try await git(
            ["status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all", "--untracked-files=all"], try await harmless())
        var files = Files()
        for entry in listing.split(separator: 0) where entry.count > 3 {
            let path = Array(entry.dropFirst(3))
            // git lists a nested repository as a folder.
            guard path.last != UInt8(ascii: "/") else { continue }
            if entry.starts(with: "??".utf8) { files.untracked.append(path) } else { files.changed.append(path) }
        }
        return files
    }

    /// The files as a packed commit on HEAD.
    ///
    /// - Returns: `nil` if there is nothing to commit.
    /// - Throws: `APIClient.Failure` with the reason.
    func commit(_ files: Files) async throws -> CarriedChanges? {
        guard !files.all.isEmpty else { return nil }
        let scratch = NSTemporaryDirectory() + "sam-changes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var variables = try await harmless()
        let found = try await run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], variables)
        // The server refuses a repository without commits, with the reason.
        guard found.termination.isSuccess, let head = found.text.split(separator: "\n").first.map(String.init) else { return nil }
        let objects = try await path("objects", variables)
        let index = try await path("index", variables)
        do {
            try FileManager.default.createDirectory(
                atPath: scratch + "/objects", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            if FileManager.default.fileExists(atPath: index) {
                try FileManager.default.copyItem(atPath: index, toPath: scratch + "/index")
            }
        } catch {
            throw APIClient.Failure(status: nil, description: "\(scratch) can't be written: \(reason(of: error))")
        }
        variables["GIT_INDEX_FILE"] = scratch + "/index"
        variables["GIT_OBJECT_DIRECTORY"] = scratch + "/objects"
        variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = Self.quoted(objects)
        let paths = Array(files.all.joined(separator: [0])) + [0]
        _ = try await git(["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], variables, input: paths)
        let tree = try await line(["write-tree"], variables)
        guard try await line(["rev-parse", "\(head)^{tree}"], variables) != tree else { return nil }
        let message = "Uncommitted changes: \(files.counts)\n\nTaken by sam run --include-changes, on top of \(head.prefix(12)).\n"
        let commit = try await line(
            ["commit-tree", "-p", head, tree], variables.merging(try await identity(variables)) { $1 }, input: Array(message.utf8))
        let pack = try await git(
            ["pack-objects", "--revs", "--thin", "--stdout", "--delta-base-offset", "-q"], variables,
            input: Array("\(commit)\n^\(head)\n".utf8), limit: CarriedChanges.sizeLimit + 1)
        do { return try CarriedChanges(commit: commit, pack: Data(pack)) } catch {
            throw APIClient.Failure(status: nil, description: error.message)
        }
    }

    // MARK: - git

    /// The commit's author: the user if git knows them, else “Unknown”.
    private func identity(_ variables: [String: String]) async throws -> [String: String] {
        let isKnown = try await run(["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"], variables)
        guard !isKnown.termination.isSuccess else { return [:] }
        return [
            "GIT_AUTHOR_NAME": "Unknown", "GIT_AUTHOR_EMAIL": "unknown@sam.invalid", "GIT_COMMITTER_NAME": "Unknown",
            "GIT_COMMITTER_EMAIL": "unknown@sam.invalid",
        ]
    }

    /// Variables that disable everything that the repository's configuration would run: hooks, the file system monitor, and each filter.
    private func harmless() async throws -> [String: String] {
        let listing = try await run(["config", "--null", "--name-only", "--get-regexp", #"^filter\."#], environment)
        var settings = [
            ("core.hooksPath", "/dev/null"), ("core.fsmonitor", "false"), ("core.splitIndex", "false"),
            ("core.alternateRefsCommand", "true"),
        ]
        for name in Set(listing.standardOutput.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }).sorted() {
            switch name.split(separator: ".").last {
            case "required": settings.append((name, "false"))
            case "clean", "smudge", "process": settings.append((name, ""))
            default: break
            }
        }
        var variables = environment
        variables["GIT_CONFIG_COUNT"] = String(settings.count)
        for (number, setting) in settings.enumerated() {
            variables["GIT_CONFIG_KEY_\(number)"] = setting.0
            variables["GIT_CONFIG_VALUE_\(number)"] = setting.1
        }
        return variables
    }

    private func path(_ name: String, _ variables: [String: String]) async throws -> String {
        let path = try await line(["rev-parse", "--git-path", name], variables)
        return path.hasPrefix("/") ? path : top + "/" + path
    }

    /// A path quoted for git's colon-separated lists.
    private static func quoted(_ path: String) -> String {
        "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private func line(_ arguments: [String], _ variables: [String: String], input: [UInt8] = []) async throws -> String {
        String(decoding: try await git(arguments, variables, input: input).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private func git(
        _ arguments: [String], _ variables: [String: String], input: [UInt8] = [], limit: Int = 64 << 20
    ) async throws -> [UInt8] {
        let output = try await run(arguments, variables, input: input, limit: limit)
        guard output.termination.isSuccess else {
            let words = output.standardError.split(separator: "\n").suffix(3).map { $0.replacing(#/^(fatal|error): /#, with: "") }
                .joined(separator: "; ")
            throw APIClient.Failure(
                status: nil,
                description: "What is not committed in \(top) can't be read: \(words.isEmpty ? "\(output.termination)" : words)")
        }
        return output.standardOutput
    }

    private func run(
        _ arguments: [String], _ variables: [String: String], input: [UInt8] = [], limit: Int = 64 << 20
    ) async throws -> Output {
        do {
            return try await Command(program, ["-C", top] + arguments, environment: variables, workingDirectory: top)
                .run(input: input, limit: limit, timeout: .seconds(60))
        } catch let error as ProcessError where error.code == .tooMuchOutput {
            throw APIClient.Failure(
                status: nil,
                description:
                    "What is not committed in \(top) is more than \(limit >> 20) MiB, which can't be brought. Commit it on a branch instead."
            )
        } catch let error as ProcessError {
            throw APIClient.Failure(status: nil, description: "What is not committed in \(top) can't be read: \(error.message)")
        }
    }
}
