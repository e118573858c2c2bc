import Crypto
import Foundation
import Processes
import Testing

/// What an agent left, found by walking its workspace from outside: each commit in each store, and each file that is not ignored.
///
/// It shares nothing with the salvage that it judges: files are read and hashed here, stores are listed without their configuration, and
/// what is ignored is asked of git in an empty copy that holds the `.gitignore` files alone.
struct LeftWork: Sendable {
    struct File: Sendable, Hashable {
        /// Relative to the workspace, and to each repository around it within the workspace: under one of these names it has to arrive.
        var names: [String]
        var mode: String
        var object: String
    }

    let workspace: AgentWorkspace
    var commits: Set<String> = []
    var files: [File] = []
    /// Files that its index says are left out of the working tree on purpose.
    var sparse: Set<String> = []

    init(in workspace: AgentWorkspace, leavesBehind: [String] = []) async throws {
        self.workspace = workspace
        let walk = Walk(workspace.path)
        let skeleton = try await IgnoreRules(walk, leavesBehind: leavesBehind)
        defer { skeleton.remove() }
        let base = try await IgnoreRules(patterns: Origin.ignored)
        defer { base.remove() }
        var ignored = try await skeleton.ignored(among: walk.files.map(\.path))
        // What the base ignores stays behind although the agent's list says otherwise.
        ignored.formUnion(try await base.ignored(among: walk.files.map(\.path)))
        let roots = walk.repositories.filter { !$0.isEmpty }
        let ignoredRoots = try await skeleton.ignored(among: roots.map { $0 + "/" })
            .union(try await base.ignored(among: roots.map { $0 + "/" }))
        let indexed = try await indexed(walk.repositories.filter { !ignoredRoots.contains($0 + "/") })
        for file in walk.files where !ignored.contains(file.path) || indexed.contains(file.path) {
            guard let content = file.content else { continue }
            // A linked worktree's or nested repository's files are known by their paths in it as well.
            // So are those in a submodule's folder.
            let modules = ["module"] + walk.repositories.map { $0 + "/module" }
            let roots = Set(walk.repositories + modules).filter { !$0.isEmpty && file.path.hasPrefix($0 + "/") }
            files.append(
                File(
                    names: [file.path] + roots.map { String(file.path.dropFirst($0.count + 1)) }, mode: file.mode,
                    object: Self.blob(content)))
        }
        let ignoredStores = try await skeleton.ignored(among: walk.stores).union(try await base.ignored(among: walk.stores))
        sparse = try await Self.sparse(in: workspace)
        for store in walk.stores where !ignoredStores.contains(store) || store.hasPrefix(".git/") {
            commits.formUnion(try await self.commits(inStore: workspace.path + "/" + store))
        }
        commits.subtract(try await workspace.fixture.origin.commits(["refs/heads/main", "refs/heads/other"]))
    }

    /// A store's commits, without those that it borrows: a folder of links stands for it, which has no alternates.
    private func commits(inStore path: String) async throws -> Set<String> {
        let bare = "/tmp/sam-store-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        defer { try? FileManager.default.removeItem(atPath: bare) }
        try FileManager.default.createDirectory(atPath: bare, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "info" {
            try FileManager.default.createSymbolicLink(atPath: "\(bare)/\(name)", withDestinationPath: "\(path)/\(name)")
        }
        let output = try await workspace.fixture.origin.output(
            ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)", "--unordered"],
            extra: ["GIT_OBJECT_DIRECTORY": bare])
        return Set(output.text.split(separator: "\n").filter { $0.hasPrefix("commit ") }.map { String($0.dropFirst(7)) })
    }

    private static func sparse(in workspace: AgentWorkspace) async throws -> Set<String> {
        let output = try await workspace.fixture.origin.output(
            ["ls-files", "-z", "-t"], extra: ["GIT_INDEX_FILE": workspace.path + "/.git/index"])
        return Set(
            output.standardOutput.split(separator: 0).map { latin($0) }.filter { $0.hasPrefix("S ") }.map { String($0.dropFirst(2)) })
    }

    /// What indexes name: a tracked file is work even where a pattern matches its name.
    private func indexed(_ repositories: [String]) async throws -> Set<String> {
        var names: Set<String> = []
        for root in repositories {
            let prefix = root.isEmpty ? "" : root + "/"
            let output = try await workspace.fixture.origin.output(
                ["ls-files", "-z", "-c"], extra: ["GIT_INDEX_FILE": "\(workspace.path)/\(prefix).git/index"])
            for name in output.standardOutput.split(separator: 0) { names.insert(prefix + latin(name)) }
        }
        return names
    }

    private static func blob(_ content: [UInt8]) -> String {
        Insecure.SHA1.hash(data: Array("blob \(content.count)\0".utf8) + content).map {
            ($0 < 16 ? "0" : "") + String($0, radix: 16)
        }.joined()
    }
}

/// The `.gitignore` files of a workspace, without anything that they stand beside.
struct IgnoreRules {
    private let repository: TestRepository

    /// Rules of the top folder alone.
    init(patterns: String) async throws {
        repository = TestRepository(path: "/tmp/sam-ignored-\(String(UInt64.random(in: 0 ... .max), radix: 36))")
        try FileManager.default.createDirectory(atPath: repository.path, withIntermediateDirectories: true)
        try await repository.git(["init", "-q", "--template="])
        try Data(patterns.utf8).write(to: URL(filePath: repository.path + "/.gitignore"))
    }

    init(_ walk: Walk, leavesBehind: [String]) async throws {
        repository = TestRepository(path: "/tmp/sam-ignored-\(String(UInt64.random(in: 0 ... .max), radix: 36))")
        try FileManager.default.createDirectory(atPath: repository.path, withIntermediateDirectories: true)
        try await repository.git(["init", "-q", "--template="])
        for file in walk.files where file.mode != "120000" && (file.path == ".gitignore" || file.path.hasSuffix("/.gitignore")) {
            // Names that are no UTF-8 hold no .gitignore in these tests.
            let url = URL(filePath: repository.path + "/" + file.path)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.content ?? []).write(to: url)
        }
        try FileManager.default.createDirectory(atPath: repository.path + "/.git/info", withIntermediateDirectories: true)
        try Data(leavesBehind.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: repository.path + "/.git/info/exclude"))
    }

    func ignored(among paths: [String]) async throws -> Set<String> {
        guard !paths.isEmpty else { return [] }
        let input: [UInt8] = paths.flatMap { bytes(ofLatin: $0) + [UInt8(0)] }
        let output = try await repository.output(["check-ignore", "--no-index", "-z", "--stdin"], input: input)
        // 1 says that nothing is ignored.
        guard [Termination.exited(0), .exited(1)].contains(output.termination) else {
            throw TestFailure("check-ignore: \(output.standardError)")
        }
        return Set(output.standardOutput.split(separator: 0).map { latin($0) })
    }

    func remove() { try? FileManager.default.removeItem(atPath: repository.path) }
}
