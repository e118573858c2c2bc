import Foundation

/// Everything in a working tree that is work, as a tree of git's, with the repositories that stand in it turned into files.
struct Snapshot {
    var tree: String
    var notes: [String] = []
    var remaining: [String] = []
    /// Folders (with a slash) and files that stay behind, from the workspace's top.
    var ignored: [GitPath] = []
    var keptByAgent: [GitPath] = []
    /// Repositories that were met and are not ignored, by their folders from the workspace's top.
    var repositories: [(folder: GitPath, repository: Repository, tree: String?)] = []
    /// Trees without a repository whose content comes as a ref of its own: what was written into a submodule's empty folder.
    var looseTrees: [(folder: GitPath, tree: String)] = []
}

/// Takes snapshots of the working trees in one workspace.
struct SnapshotTaker {
    let git: GatherGit
    let request: GatherRequest
    let walk: TreeWalk
    /// The workspace's own repository, whose linked worktrees come as their branches.
    let main: Repository?
    let leftBehind: String?

    /// Takes a snapshot.
    ///
    /// - Parameters:
    ///   - folder: the working tree's folder, from the workspace's top.
    ///   - head: the commit that is checked out; `nil` for none.
    ///   - base: what stood there when the session began; `nil` for nothing.
    ///   - index: an index file, which may hold what is known of the files.
    func take(
        _ folder: GitPath, repository: Repository?, head: String?, base: String?, index: String
    ) async throws -> Snapshot {
        guard let name = folder.text else { throw GatherError("\(folder.shown) has a name that is no text.") }
        let root = name.isEmpty ? request.workspace : request.workspace + "/" + name
        let tree = WorkingTree(git: git, root: root, index: index, leftBehind: leftBehind)
        var snapshot = Snapshot(tree: "")
        if let start = head ?? base, start != base || !FileManager.default.fileExists(atPath: index) { try await tree.load(start) }
        let nested = nestedFolders(in: folder)
        let links = try await tree.links()
        let baseLinks = links.isEmpty && nested.isEmpty || base == nil ? [:] : try await tree.links(in: base ?? "")
        // Folders of other repositories keep what the base says of them, or become files. Until the end none stands in the index:
        // git would look into them, and they may be damaged.
        let kept = baseLinks.filter { links[$0.key] != nil && Repository.isFolder(root + "/" + $0.key.shown) }
        try await tree.set(links.mapValues { _ in .none })

        let ignoredNested = try await tree.ignored(among: nested.map { $0.relative(to: folder) })
        let changes = try await tree.changes()
        var gone = changes.gone
        if !gone.isEmpty, let other = repository?.index, let sparse = try? await tree.sparse(in: other) {
            gone.removeAll(where: sparse.contains)
        }
        let found = try await tree.untracked().filter { !$0.isFolderEntry }
        let hidden = try await hiddenByBase(found, in: tree, base: base)
        var paths = changes.changed + gone + found.filter { !hidden.contains($0) }
        if let repository, let start = head ?? base {
            do {
                paths += try await tree.staged(in: repository.index, beside: start).filter { tree.kind(of: $0) != nil }
            } catch {
                snapshot.notes.append("The index of \(folder.shown) can't be read, so only its files were looked at.")
            }
        }
        paths.removeAll { path in kept.keys.contains { path.isWithin($0) } }
        if folder == .top { paths += request.alwaysWork.map { GitPath($0) }.filter { tree.kind(of: $0) != nil } }
        if !request.scope.takesSpecialFiles {
            let special = Set(paths.filter { GatherRequest.specialFiles.contains(String(decoding: $0.lastComponent, as: UTF8.self)) })
            snapshot.remaining += special.map { "\(folder.appending($0).shown) stays as it was: git's checks may refuse what it says now." }
                .sorted()
            paths.removeAll(where: special.contains)
        }
        // Pipes, sockets and devices hold nothing; where a file was, there is none any more.
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
            let repository = path.text.flatMap { Repository(at: request.workspace + "/" + $0) }
            let isWorktree = repository.map { $0.isLinkedWorktree && $0.common == main?.common } ?? false
            if ignoredNested.contains(inside), !isWorktree, baseLinks[inside] == nil { continue }
            do {
                try await take(in: path, as: inside, repository, isWorktree: isWorktree, baseLinks[inside], of: tree, into: &snapshot)
            } catch {
                snapshot.remaining.append("What stands in \(path.shown) can't be brought out: \(error)")
            }
        }
        for path in kept.keys where !nested.contains(folder.appending(path)) && walk.count(under: folder.appending(path)) > 0 {
            let part = try await take(
                folder.appending(path), repository: nil, head: nil, base: nil, index: freshIndex(folder.appending(path)))
            snapshot.looseTrees.append((folder.appending(path), part.tree))
            snapshot.notes.append("Files in the submodule's folder \(folder.appending(path).shown) are on a ref of their own.")
        }
        try await tree.set(kept.mapValues { ("160000", $0) })
        snapshot.tree = try await tree.write()
        return snapshot
    }

    /// A repository in the tree: a worktree or a submodule comes as refs alone, any other as files, too.
    private func take(
        in path: GitPath, as inside: GitPath, _ repository: Repository?, isWorktree: Bool, _ link: String?, of tree: WorkingTree,
        into snapshot: inout Snapshot
    ) async throws {
        var head: String?
        if let repository, case .commit(let commit, _) = repository.head, try await isCommit(commit) { head = commit }
        let part = try await take(path, repository: repository, head: head, base: head, index: freshIndex(path))
        snapshot.notes += part.notes
        snapshot.remaining += part.remaining
        snapshot.ignored += part.ignored
        snapshot.keptByAgent += part.keptByAgent
        snapshot.looseTrees += part.looseTrees
        snapshot.repositories += part.repositories
        if let repository { snapshot.repositories.append((path, repository, part.tree)) }
        // A worktree comes as its branch, or as a ref of its own.
        if isWorktree { return }
        if link != nil {
            snapshot.notes.append("The submodule \(path.shown) stays at its commit; what changed in it comes as refs of its own.")
        } else {
            let listing = try await git.run(["ls-tree", "-r", "-z", part.tree])
            var entries: [GitPath: (mode: String, object: String)?] = [:]
            for record in listing.split(separator: 0) {
                guard let tab = record.firstIndex(of: UInt8(ascii: "\t")) else { continue }
                let words = record[..<tab].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
                if words.count == 3, words[0] != "160000" { entries[inside.appending(record[(tab + 1)...])] = (words[0], words[2]) }
            }
            try await tree.set(entries)
            if !entries.isEmpty { snapshot.notes.append("The repository in \(path.shown) is part of the work as files.") }
        }
    }

    /// Repositories in a folder, without those that stand in another of them.
    private func nestedFolders(in folder: GitPath) -> [GitPath] {
        let inside = walk.repositories.filter { $0 != folder && $0.isWithin(folder) }.sorted { $0.bytes.count < $1.bytes.count }
        var top: [GitPath] = []
        for path in inside where !top.contains(where: { path.isWithin($0) }) { top.append(path) }
        return top
    }

    /// Files that the agent's `.gitignore` shows and the base's leaves out.
    private func hiddenByBase(_ files: [GitPath], in tree: WorkingTree, base: String?) async throws -> Set<GitPath> {
        guard !files.isEmpty, let base, tree.root == request.workspace else { return [] }
        let name = Array(".gitignore".utf8)
        let listing = [GitPath](records: try await git.run(["ls-tree", "-r", "-z", "--name-only", base]))
        let lists = listing.filter { $0.lastComponent.elementsEqual(name) }.prefix(500)
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

    private func freshIndex(_ path: GitPath) -> String {
        request.folder + "/index-" + String(path.bytes.reduce(UInt64(5_381)) { $0 &* 33 &+ UInt64($1) }, radix: 36) + "-\(path.bytes.count)"
    }

    private func isCommit(_ object: String) async throws -> Bool {
        do { return try await git.line(["cat-file", "-t", object]) == "commit" } catch { return false }
    }
}
