import Foundation
import Wording

/// Takes snapshots of the working trees in one workspace.
struct SnapshotTaker {
    let git: GatherGit
    let commits: Commits
    let request: GatherRequest
    let walk: TreeWalk
    /// The workspace's own repository. Its linked worktrees are brought out as branches.
    let main: Repository?
    /// Repositories by their folders in the workspace.
    let repositories: [GitPath: Repository]
    let leftBehind: String?

    /// The tree around a nested repository. Its `.gitignore` files apply inside, too.
    struct Outer {
        var tree: WorkingTree
        var folder: GitPath
        var base: String?
    }

    /// Takes a snapshot.
    ///
    /// - Parameters:
    ///   - folder: the working tree's folder, relative to the workspace's top.
    ///   - head: the commit that is checked out; `nil` when there is none.
    ///   - base: the commit at the session's start; `nil` when there was none.
    ///   - index: an index file, which may have cached file states; `nil` for none.
    func snapshot(
        of folder: GitPath, repository: Repository?, head: String?, base: String?, index: String? = nil, outer: Outer? = nil
    ) async throws -> Snapshot {
        guard let name = folder.text else { throw GatherError("\(folder.shown) has a name that is not text.") }
        let root = name.isEmpty ? request.workspace : request.workspace + "/" + name
        let tree = WorkingTree(git: git, root: root, index: index ?? freshIndex(), leftBehind: leftBehind)
        var snapshot = Snapshot(tree: "")
        if let start = head ?? base, start != base || !FileManager.default.fileExists(atPath: tree.index) { try await tree.load(start) }
        let nested = nestedFolders(in: folder)
        let links = try await tree.links()
        let baseLinks = links.isEmpty && nested.isEmpty || base == nil ? [:] : try await tree.links(in: base ?? "")
        // Folders of other repositories keep the base's entry for them, or become files. Until the end they have no entry in the index: git
        // would look into them, and they may be damaged.
        let kept = baseLinks.filter { links[$0.key] != nil && GitPath(root).leads(to: $0.key) }
        try await tree.set(links.mapValues { _ in .none })

        let ignoredNested = try await tree.ignored(among: nested.map { $0.relative(to: folder) })
        let changes = try await tree.changes()
        var gone = changes.gone
        if !gone.isEmpty, let other = repository?.index {
            do {
                let sparse = try await tree.sparse(in: other)
                gone.removeAll(where: sparse.contains)
            } catch {
                // Every missing file then counts as deleted.
                snapshot.notes.append("The index of \(folder.shown) can't be read.")
            }
        }
        let found = try await tree.untracked().filter { !$0.isFolderEntry }
        var hidden = try await hiddenByBase(found, in: tree, base: base)
        if let outer { hidden.formUnion(try await ignored(found, by: outer)) }
        var paths = changes.changed + gone + found.filter { !hidden.contains($0) }
        var staged: [TreeEntry] = []
        if let repository {
            do {
                staged = try await tree.staged(in: repository.index, beside: head ?? base ?? Self.emptyTree)
            } catch {
                snapshot.notes.append("The index of \(folder.shown) can't be read, so only its files were looked at.")
            }
        }
        paths += staged.map(\.path).filter { tree.kind(of: $0) != nil }
        paths.removeAll { path in kept.keys.contains { path.isWithin($0) } }
        if folder == .top { paths += request.alwaysWork.map { GitPath($0) }.filter { tree.kind(of: $0) != nil } }
        if !request.scope.takesSpecialFiles {
            let special = Set(paths.filter(SpecialFile.isSpecial))
            snapshot.remaining += special.map { Self.refused(folder.appending($0)) }.sorted()
            paths.removeAll(where: special.contains)
        }
        // Pipes, sockets and devices have no content; a file that was there counts as deleted.
        let pipes = Set(paths.filter { path in tree.kind(of: path).map { $0 != S_IFREG && $0 != S_IFLNK } ?? false })
        try await tree.set(pipes.reduce(into: [:]) { $0[$1] = .some(nil) })
        paths.removeAll(where: pipes.contains)
        for refusal in try await tree.update(paths) {
            snapshot.remaining.append("git does not take the file \(folder.appending(refusal.path).shown): \(refusal.why)")
        }
        snapshot.keptByAgent = try await tree.keptByAgent().map { folder.appending($0) }
        let keptByAgent = Set(snapshot.keptByAgent)
        snapshot.ignored = (try await tree.ignored() + hidden).map { folder.appending($0) }.filter { !keptByAgent.contains($0) }

        for path in nested {
            let inside = path.relative(to: folder)
            let isWorktree = repositories[path].map { $0.isLinkedWorktree && $0.common == main?.common } ?? false
            if ignoredNested.contains(inside), !isWorktree, baseLinks[inside] == nil { continue }
            do {
                if isWorktree || baseLinks[inside] != nil {
                    try await addReferences(of: path, isWorktree: isWorktree, to: &snapshot)
                } else {
                    try await addFiles(of: path, Outer(tree: tree, folder: inside, base: base), to: &snapshot)
                }
            } catch {
                snapshot.remaining.append("The content of \(path.shown) can't be brought out: \(reason(of: error))")
            }
        }
        for path in kept.keys.map({ folder.appending($0) }) where !nested.contains(path) && walk.count(under: path) > 0 {
            do { try await addLooseFiles(in: path, to: &snapshot) } catch {
                snapshot.remaining.append("The content of \(path.shown) can't be brought out: \(reason(of: error))")
            }
        }
        try await tree.set(kept.mapValues { ("160000", $0) })
        snapshot.tree = try await tree.write()
        snapshot.staged = try await stagedTree(staged, on: head ?? base ?? Self.emptyTree, besides: snapshot.tree, in: root)
        return snapshot
    }

    /// Content that is in an index alone, as a tree; `nil` when there is none.
    ///
    /// - Parameter tree: content that is brought out already.
    func stagedTree(_ staged: [TreeEntry], on commit: String, besides tree: String?, in root: String) async throws -> String? {
        guard !staged.isEmpty else { return nil }
        let other = WorkingTree(git: git, root: root, index: freshIndex(), leftBehind: nil)
        let arrived = if let tree { try await other.entries(of: tree) } else { [] as [TreeEntry] }
        let objects = Set(arrived.map(\.object) + [Self.emptyBlob])
        var only = staged.filter { !objects.contains($0.object) }
        if !request.scope.takesSpecialFiles { only.removeAll { SpecialFile.isSpecial($0.path) } }
        // An index can name a missing object, which can't be brought out.
        let present = try await commits.types(of: Set(only.map(\.object)))
        only.removeAll { present[$0.object] != "blob" }
        guard !only.isEmpty else { return nil }
        try await other.load(commit)
        try await other.set(Dictionary(only.map { ($0.path, ($0.mode, $0.object)) }, uniquingKeysWith: { $1 }))
        return try await other.write()
    }

    private static let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    private static let emptyBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

    private static func refused(_ path: GitPath) -> String {
        "\(path.shown) stays as it was: git's checks may refuse what it says now."
    }

    // MARK: - Other repositories

    /// Brings out a worktree or a submodule as refs only.
    private func addReferences(of path: GitPath, isWorktree: Bool, to snapshot: inout Snapshot) async throws {
        // A folder with an invalid .git has only files.
        guard repositories[path] != nil else { return try await addLooseFiles(in: path, to: &snapshot) }
        _ = try await add(path, outer: nil, to: &snapshot)
        if !isWorktree {
            snapshot.notes.append("The submodule \(path.shown) stays at its commit; what changed in it comes as separate refs.")
        }
    }

    /// Brings out any other repository also as files of the tree around it.
    private func addFiles(of path: GitPath, _ outer: Outer, to snapshot: inout Snapshot) async throws {
        let tree = try await add(path, outer: outer, to: &snapshot)
        var entries = try await outer.tree.entries(of: tree).filter { !$0.isLink }
        if !request.scope.takesSpecialFiles {
            snapshot.remaining += entries.filter { SpecialFile.isSpecial($0.path) }.map { Self.refused(path.appending($0.path)) }
            entries.removeAll { SpecialFile.isSpecial($0.path) }
        }
        guard !entries.isEmpty else { return }
        try await outer.tree.set(
            Dictionary(entries.map { (outer.folder.appending($0.path), ($0.mode, $0.object)) }, uniquingKeysWith: { $1 }))
        snapshot.notes.append("The repository in \(path.shown) is part of the work as files.")
    }

    /// - Returns: the tree of its files.
    private func add(_ path: GitPath, outer: Outer?, to snapshot: inout Snapshot) async throws -> String {
        let repository = repositories[path]
        var head: String?
        if let repository, case .commit(let commit, _) = repository.head, try await commits.isCommit(commit) { head = commit }
        let part = try await self.snapshot(of: path, repository: repository, head: head, base: head, outer: outer)
        snapshot.add(part)
        if let obstacle = repository?.obstacle { snapshot.remaining.append("The history in \(path.shown) stays there: \(obstacle).") }
        if let repository {
            snapshot.repositories.append(
                Snapshot.Nested(folder: path, repository: repository, head: head, tree: part.tree, staged: part.staged))
        }
        return part.tree
    }

    private func addLooseFiles(in path: GitPath, to snapshot: inout Snapshot) async throws {
        let part = try await self.snapshot(of: path, repository: nil, head: nil, base: nil)
        snapshot.add(part)
        guard try await !git.run(["ls-tree", part.tree]).isEmpty else { return }
        snapshot.looseTrees.append((path, part.tree))
        snapshot.notes.append("Files in the submodule's folder \(path.shown) are on a separate ref.")
    }

    /// The repositories in a folder, without those inside another of them.
    private func nestedFolders(in folder: GitPath) -> [GitPath] {
        let inside = walk.repositories.filter { $0 != folder && $0.isWithin(folder) }.sorted { $0.bytes.count < $1.bytes.count }
        var top: [GitPath] = []
        for path in inside where !top.contains(where: { path.isWithin($0) }) { top.append(path) }
        return top
    }

    // MARK: - Ignored files

    /// Files that the base's `.gitignore` excludes, although the agent's does not.
    private func hiddenByBase(_ files: [GitPath], in tree: WorkingTree, base: String?) async throws -> Set<GitPath> {
        guard !files.isEmpty, let base, tree.root == request.workspace else { return [] }
        let name = Array(".gitignore".utf8)
        let lists = try await tree.entries(of: base).map(\.path).filter { $0.lastComponent.elementsEqual(name) }.prefix(500)
        let folder = request.folder + "/ignore"
        var differ = false
        for list in lists {
            guard let path = list.text else { continue }
            let content = Data(try await git.run(["cat-file", "blob", "\(base):\(path)"]))
            differ = differ || FileManager.default.contents(atPath: tree.root + "/" + path) != content
            let file = URL(filePath: folder + "/" + path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try content.write(to: file)
        }
        return differ ? try await tree.ignored(among: files, by: folder) : []
    }

    /// Files of a repository that the tree around it ignores.
    private func ignored(_ files: [GitPath], by outer: Outer) async throws -> Set<GitPath> {
        let seen = files.map { outer.folder.appending($0) }
        let ignored = try await outer.tree.ignored(among: seen).union(try await hiddenByBase(seen, in: outer.tree, base: outer.base))
        return Set(ignored.map { $0.relative(to: outer.folder) })
    }

    private func freshIndex() -> String { request.folder + "/index-" + UUID().uuidString }
}
