import Accounts
import Foundation
import Processes
import Wording

/// A project's bare copy of its repository: fetched, never cloned anew, and shared with no other project.
///
/// Nothing is ever pruned from it that a workspace may need: garbage collection is off, its objects are
/// marked precious, and each session keeps a ref on the commit it started from.
package struct Mirror: Sendable {
    let git: Git
    let path: String

    /// Names a mirror; it is made when it is first updated.
    package init(git: Git, path: String) {
        self.git = git
        self.path = path
    }

    /// The commit that a session starts from.
    package struct Base: Sendable, Hashable, Codable {
        package var commit: String
        /// The remote's default branch; `nil` when its HEAD is detached.
        var branch: String?
        /// What the checkout leaves out or can't know, a sentence each.
        var notes: [String] = []
    }

    /// Asks a repository for its HEAD without fetching anything.
    ///
    /// - Throws: ``WorkspaceError`` when it can't be reached, is no repository, or has no commit.
    static func probe(_ location: RepositoryLocation, git: Git) async throws -> Base {
        if case .local(let path) = location {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                throw WorkspaceError(.repository, "There is no folder \(path).")
            }
        }
        let listing = try await git.run(
            ["ls-remote", "--symref"] + uploadPack(location) + ["--", location.address], configuration: .users,
            timeout: .seconds(60), failing: .repository)
        return try base(in: listing.text, of: location)
    }

    /// Brings the mirror up to date and returns the commit to start from.
    ///
    /// - Throws: ``WorkspaceError``.
    package func update(from location: RepositoryLocation) async throws -> Base {
        try await initialise()
        var base = try await Self.probe(location, git: git)
        try await git.run(
            [
                "fetch", "--prune", "--no-tags", "--force", "--no-write-fetch-head", "--no-auto-gc", "--update-shallow",
                "--no-recurse-submodules", "--quiet",
            ] + (isShallow ? ["--unshallow"] : []) + Self.uploadPack(location) + [
                "--", location.address, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*",
            ],
            in: path, configuration: .users, timeout: .seconds(3_600),
            failing: .repository)
        if base.branch == nil {
            // A detached HEAD is on no branch that the fetch above asked for.
            try await git.run(
                ["fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--quiet"] + Self.uploadPack(location)
                    + ["--", location.address, base.commit],
                in: path, configuration: .users, timeout: .seconds(3_600),
                failing: .repository)
        }
        base.notes = try await notes(on: base.commit)
        return base
    }

    /// Whether the mirror's history ends before its beginning, as that of a shallow repository does.
    private var isShallow: Bool { FileManager.default.fileExists(atPath: path + "/shallow") }

    /// Makes the repository, unless it was made before.
    func initialise() async throws {
        guard !FileManager.default.fileExists(atPath: path + "/sam-ready") else { return }
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

    private static func base(in listing: String, of location: RepositoryLocation) throws -> Base {
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
            throw WorkspaceError(.repository, "\(location.address) names its objects by SHA-256, which SAM does not take yet.")
        }
        if let commit { return Base(commit: commit, branch: branch) }
        if hasRefs {
            throw WorkspaceError(
                .empty,
                "\(location.address) has branches or tags, but its HEAD names none that is there. Point HEAD at the default branch.")
        }
        throw WorkspaceError(.empty, "\(location.address) has no commit yet. Make a first commit and try again.")
    }

    /// git refuses repositories of other owners. Naming one is the administrator's word that it is meant. The
    /// word has to stand here: git hands no configuration from its environment to a local upload-pack.
    private static func uploadPack(_ location: RepositoryLocation) -> [String] {
        guard case .local = location else { return [] }
        return [
            "--upload-pack=git -c safe.directory=* -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand=true upload-pack"
        ]
    }
}
