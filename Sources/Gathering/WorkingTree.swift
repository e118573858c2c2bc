import Foundation

/// The files of a working tree and an index over them, in a repository of the gatherer's own.
struct WorkingTree {
    let git: GatherGit
    /// The folder's absolute path.
    let root: String
    /// The index file, which need not exist yet.
    let index: String
    /// A file with patterns of files that the agent keeps there for itself; `nil` for none.
    let leftBehind: String?

    /// After this many refusals, a list of paths that git refuses counts as refused as a whole.
    private static let refusalLimit = 100

    /// Fills the index with a tree, keeping the cached states of files that are in both.
    func load(_ tree: String) async throws {
        let known = FileManager.default.fileExists(atPath: index)
        do {
            try await run(["read-tree"] + (known ? ["-i", "-m", tree] : [tree]))
        } catch is GatherError {
            // read-tree refuses a tree with a path that git would not check out, such as a link named .gitmodules. This skips such paths.
            try await run(["read-tree", "--empty"])
            try await set(Dictionary(try await entries(of: tree).map { ($0.path, ($0.mode, $0.object)) }, uniquingKeysWith: { $1 }))
        }
    }

    /// The index's entries for other repositories: their commits, by folder.
    func links() async throws -> [GitPath: String] {
        let links = TreeEntry.read(try await run(["ls-files", "--stage", "-z"])).filter(\.isLink)
        return Dictionary(links.map { ($0.path, $0.object) }, uniquingKeysWith: { $1 })
    }

    /// The same for a commit or tree.
    func links(in tree: String) async throws -> [GitPath: String] {
        let links = try await entries(of: tree).filter(\.isLink)
        return Dictionary(links.map { ($0.path, $0.object) }, uniquingKeysWith: { $1 })
    }

    /// All entries of a commit or tree.
    func entries(of tree: String) async throws -> [TreeEntry] {
        TreeEntry.read(try await run(["ls-tree", "-r", "-z", tree]))
    }

    /// Replaces entries of the index: an object with its mode, or `nil` to remove the entry.
    func set(_ entries: [GitPath: (mode: String, object: String)?]) async throws {
        guard !entries.isEmpty else { return }
        var input: [UInt8] = []
        for (path, entry) in entries {
            let words = entry.map { "\($0.mode) \($0.object)\t" } ?? "0 \(String(repeating: "0", count: 40))\t"
            input += Array(words.utf8) + path.bytes + [0]
        }
        try await run(["update-index", "-z", "--index-info"], input: input)
    }

    /// Files of the index that were changed or are gone. A file's content is read only if its metadata has changed.
    func changes() async throws -> (changed: [GitPath], gone: [GitPath]) {
        // Its exit code says whether something needs an update, which the next command reports.
        try await run(["update-index", "-q", "--refresh"], accepting: [0, 1])
        let output = [GitPath](records: try await run(["diff-files", "-z", "--name-status", "--no-renames", "--ignore-submodules=all"]))
        var changed: [GitPath] = []
        var gone: [GitPath] = []
        for place in stride(from: 0, to: output.count - 1, by: 2) {
            if output[place].shown == "D" { gone.append(output[place + 1]) } else { changed.append(output[place + 1]) }
        }
        return (changed, gone)
    }

    /// Files that are neither in the index nor ignored. Repositories in the tree end with a slash and are not entered.
    func untracked() async throws -> [GitPath] {
        [GitPath](
            records: try await run(
                ["ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"] + (leftBehind.map { ["--exclude-from", $0] } ?? [])))
    }

    /// Folders (with a slash) and files that `.gitignore` excludes.
    func ignored() async throws -> [GitPath] {
        [GitPath](
            records: try await run(
                ["ls-files", "-z", "--others", "--ignored", "--directory", "--no-empty-directory", "--exclude-per-directory=.gitignore"]))
    }

    /// Folders (with a slash) and files that the agent keeps for itself.
    func keptByAgent() async throws -> [GitPath] {
        guard let leftBehind else { return [] }
        return [GitPath](
            records: try await run(
                ["ls-files", "-z", "--others", "--ignored", "--directory", "--no-empty-directory", "--exclude-from", leftBehind]))
    }

    /// The paths that `.gitignore` excludes.
    ///
    /// - Parameter folder: the folder whose `.gitignore` files apply; `nil` for the tree's own.
    func ignored(among paths: [GitPath], by folder: String? = nil) async throws -> Set<GitPath> {
        guard !paths.isEmpty else { return [] }
        // A path that begins with a colon would be read as a pattern.
        let input = paths.map { GitPath(Array("./".utf8) + $0.bytes) }.records
        // It exits with 1 when none is ignored.
        let output = try await git.run(
            ["check-ignore", "-z", "--stdin", "--no-index"], tree: folder ?? root, index: index + ".none", input: input, accepting: [0, 1])
        return Set([GitPath](records: output).map { GitPath($0.bytes.dropFirst(2)) })
    }

    /// The entries of another index of the same tree that differ from a commit's files, without unmerged ones.
    func staged(in other: String, beside tree: String) async throws -> [TreeEntry] {
        guard FileManager.default.fileExists(atPath: other) else { return [] }
        let output = try await git.run(
            ["diff-index", "-z", "--cached", "--raw", "--no-renames", "--diff-filter=AMT", "--abbrev=40", tree], tree: root, index: other)
        let records = output.split(separator: 0)
        return stride(from: 0, to: records.count - 1, by: 2).compactMap { place in
            let words = records[place].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 5, words[1] != "160000", Repository.isObject(words[3]) else { return nil }
            return TreeEntry(path: GitPath(records[place + 1]), mode: words[1], object: words[3])
        }
    }

    /// Files that another index excludes from the working tree on purpose (sparse checkout).
    func sparse(in other: String) async throws -> Set<GitPath> {
        guard FileManager.default.fileExists(atPath: other) else { return [] }
        let output = [GitPath](records: try await git.run(["ls-files", "-z", "-t"], tree: root, index: other))
        return Set(output.filter { $0.bytes.starts(with: Array("S ".utf8)) }.map { GitPath($0.bytes.dropFirst(2)) })
    }

    /// Updates the index from the files, and removes entries of files that are gone.
    ///
    /// - Returns: the paths that git refused, each with the reason.
    func update(_ paths: [GitPath]) async throws -> [(path: GitPath, why: String)] {
        var refused: [(path: GitPath, why: String)] = []
        guard !paths.isEmpty else { return [] }
        var open = [paths[...]]
        while let part = open.popLast() {
            do {
                try await run(["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], input: Array(part).records)
            } catch let error as GatherError {
                // One refused path fails the whole list; halving finds it.
                if part.count == 1 || refused.count >= Self.refusalLimit {
                    refused += part.map { ($0, error.message) }
                } else {
                    let middle = part.startIndex + part.count / 2
                    open += [part[middle...], part[..<middle]]
                }
            }
        }
        // git skips some paths silently, such as a link named .gitmodules.
        let named = Set(refused.map(\.path))
        let changed = Set(try await changes().changed)
        let present = Set([GitPath](records: try await run(["ls-files", "-z"])))
        for path in paths where !named.contains(path) && (changed.contains(path) || !present.contains(path) && kind(of: path) != nil) {
            refused.append((path, "it passes over files of this name."))
        }
        return refused
    }

    /// The file type at a path; `nil` when nothing or a folder is there.
    func kind(of path: GitPath) -> mode_t? {
        var status = stat()
        guard lstat(GitPath(root).appending(path).zeroEnded, &status) == 0 else { return nil }
        let kind = status.st_mode & S_IFMT
        return kind == S_IFDIR ? nil : kind
    }

    /// Writes the index as a tree.
    func write() async throws -> String { try await git.line(["write-tree"], tree: root, index: index) }

    @discardableResult
    private func run(_ arguments: [String], input: [UInt8] = [], accepting codes: [Int32] = [0]) async throws -> [UInt8] {
        try await git.run(arguments, tree: root, index: index, input: input, accepting: codes)
    }
}
