import AgentProtocol
import Foundation
import Processes
import Wording

/// A project's bare copy of its repository: cloned once, then fetched, and shared with no other project.
///
/// Objects that a workspace may need are never pruned: git's own garbage collection is off, its objects are marked precious, and each
/// workspace keeps a ref on the commit it started from.
package struct Mirror: Sendable {
    let git: Git
    let path: String

    /// Names a mirror; it is created when it is first updated.
    package init(git: Git, path: String) {
        self.git = git
        self.path = path
    }

    /// The commit that a session starts from.
    package struct Base: Sendable, Hashable, Codable {
        package var commit: String
        /// The remote's default branch; `nil` when its HEAD is detached.
        package var branch: String?
        /// Whether the commit is the newest of the default branch.
        var isNewest = true
        /// Notes on what the checkout lacks, a sentence each.
        package var notes: [String] = []
    }

    /// Reads a repository's HEAD without fetching anything.
    ///
    /// - Throws: ``WorkspaceError`` when it can't be reached, is no repository, or has no commit.
    static func probe(
        _ access: RepositoryAccess, git: Git, limits: FetchLimits, telling report: @escaping WorkspaceProgress.Report = { _ in }
    ) async throws -> Base {
        let listing = try await git.follow(
            ["ls-remote", "--symref"] + access.switches + ["--", access.address], configuration: access.configuration,
            extra: access.extra, limits: limits, step: "asking the repository for its branches", failing: .repository, telling: report)
        return try base(in: listing.text, of: access)
    }

    /// Fetches the origin and returns the commit to start from.
    ///
    /// - Throws: ``WorkspaceError``.
    package func update(
        from access: RepositoryAccess, limits: FetchLimits = FetchLimits(), telling report: @escaping WorkspaceProgress.Report = { _ in }
    ) async throws -> Base {
        try await initialise()
        let begin = ContinuousClock.now
        // One limit for all calls to the repository together.
        func left() -> FetchLimits { limits.left(limits.whole - (.now - begin)) }
        var base = try await Self.probe(access, git: git, limits: left(), telling: report)
        func fetch(_ options: [String], _ references: [String]) async throws {
            try await git.follow(
                ["fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--progress"] + options + access.switches
                    + ["--", access.address] + references,
                in: path, configuration: access.configuration, extra: access.extra, limits: left(), step: "fetching the repository",
                failing: .repository, telling: report)
        }
        try await fetch(
            ["--prune", "--force", "--update-shallow", "--no-recurse-submodules"] + (isShallow ? ["--unshallow"] : []),
            ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"])
        // The commit of a detached HEAD may be on no branch that was fetched.
        if base.branch == nil { try await fetch([], [base.commit]) }
        base.notes = try await notes(on: base.commit)
        return base
    }

    /// Keeps a commit for a session's workspace. Call it before other work on the mirror can run.
    package func keep(_ commit: String, for session: SessionID) async throws {
        try await git.run(["update-ref", "refs/sam/keep/\(session.rawValue)", commit], in: path, failing: .checkout)
    }

    /// Whether the mirror's history is shallow.
    private var isShallow: Bool { FileManager.default.fileExists(atPath: path + "/shallow") }

    /// Creates the repository, unless it exists.
    func initialise() async throws {
        guard !FileManager.default.fileExists(atPath: path + "/sam-ready") else { return try await protect() }
        try await git.run(["init", "--bare", "--quiet", "--template=", "--", path], failing: .repository)
        for (key, value) in [
            ("gc.auto", "0"), ("maintenance.auto", "false"), ("core.repositoryFormatVersion", "1"),
            ("extensions.preciousObjects", "true"),
        ] {
            try await git.run(["config", key, value], in: path, failing: .repository)
        }
        guard FileManager.default.createFile(atPath: path + "/sam-ready", contents: nil) else {
            throw WorkspaceError(.repository, "The mirror \(path) can't be written.")
        }
    }

    private func notes(on commit: String) async throws -> [String] {
        var notes: [String] = []
        if isShallow {
            notes.append("The repository is shallow: its history ends before its beginning.")
        }
        let tree = try await git.run(["ls-tree", "-r", "-z", "--format=%(objectmode)", commit], in: path, failing: .repository)
        let submodules = tree.standardOutput.split(separator: 0).count { $0.elementsEqual("160000".utf8) }
        if submodules > 0 {
            notes.append("\(submodules.of("submodule is", "submodules are")) left empty: SAM does not fetch submodules.")
        }
        let attributes = try? await git.run(["cat-file", "blob", "\(commit):.gitattributes"], in: path, failing: .repository)
        if attributes?.text.contains("filter=lfs") == true {
            notes.append("Files kept in Git LFS are left as pointers.")
        }
        return notes
    }

    private static func base(in listing: String, of access: RepositoryAccess) throws -> Base {
        var commit: String?
        var branch: String?
        var hasRefs = false
        for line in listing.split(separator: "\n") {
            let parts = line.split(separator: "\t")
            guard parts.count == 2 else { continue }
            hasRefs = true
            guard parts[1] == "HEAD" else { continue }
            if let reference = parts[0].wholeMatch(of: /ref: refs\/heads\/(.+)/) {
                branch = String(reference.1)
            } else if parts[0].wholeMatch(of: /[0-9a-f]{40,64}/) != nil {
                commit = String(parts[0])
            }
        }
        if let commit, commit.count > 40 {
            throw WorkspaceError(.repository, "\(access.name) names its objects by SHA-256, which SAM does not take yet.")
        }
        if let commit { return Base(commit: commit, branch: branch) }
        if hasRefs {
            throw WorkspaceError(
                .empty,
                "\(access.name) has branches or tags, but its HEAD names none that is there. Point HEAD at the default branch.")
        }
        throw WorkspaceError(.empty, "\(access.name) has no commit yet. Make a first commit and try again.")
    }
}
