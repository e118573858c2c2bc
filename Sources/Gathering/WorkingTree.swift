import Foundation

/// The files of a working tree and an index over them, in a repository of the gatherer's own.
struct WorkingTree {
    let git: GatherGit
    /// Its folder, absolute.
    let root: String
    /// The index file, which need not exist yet.
    let index: String
    /// A file with patterns of what the agent keeps there for itself; `nil` for none.
    let leftBehind: String?

    /// More paths than these that git refuses are not named one by one.
    private static let refusalLimit = 100

    /// Fills the index with a tree, keeping what is known of files that stand in both.
    func load(_ tree: String) async throws {
        let known = FileManager.default.fileExists(atPath: index)
        do {
            try await run(["read-tree"] + (known ? ["-i", "-m", tree] : [tree]))
        } catch is GatherError {
            // It takes none with a path that git would not check out, such as a link that is called .gitmodules. This passes over such.
            try await run(["read-tree", "--empty"])
            try await set(Dictionary(try await entries(of: tree).map { ($0.path, ($0.mode, $0.object)) }, uniquingKeysWith: { $1 }))
        }
    }

    /// What stands in the index for other repositories: the commits that it names, by their folders.
    func links() async throws -> [GitPath: String] {
        let links = TreeEntry.read(try await run(["ls-files", "--stage", "-z"])).filter(\.isLink)
        return Dictionary(links.map { ($0.path, $0.object) }, uniquingKeysWith: { $1 })
    }

    /// The same of a commit or tree.
    func links(in tree: String) async throws -> [GitPath: String] {
        let links = try await entries(of: tree).filter(\.isLink)
        return Dictionary(links.map { ($0.path, $0.object) }, uniquingKeysWith: { $1 })
    }

    /// Everything in a commit or tree.
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

    /// Files of the index that were changed or are gone. Only where the kernel tells of a change is the content looked at.
    func changes() async throws -> (changed: [GitPath], gone: [GitPath]) {
        // It says with its exit code that something has to be updated, which is what the next command tells.
        try await run(["update-index", "-q", "--refresh"], accepting: [0, 1])
        let output = [GitPath](records: try await run(["diff-files", "-z", "--name-status", "--no-renames", "--ignore-submodules=all"]))
        var changed: [GitPath] = []
        var gone: [GitPath] = []
        for place in stride(from: 0, to: output.count - 1, by: 2) {
            if output[place].shown == "D" { gone.append(output[place + 1]) } else { changed.append(output[place + 1]) }
        }
        return (changed, gone)
    }

    /// Files that are not in the index and not ignored. Repositories that stand in the tree end with a slash and are not entered.
    func untracked() async throws -> [GitPath] {
        [GitPath](
            records: try await run(
                ["ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"] + (leftBehind.map { ["--exclude-from", $0] } ?? [])))
    }

    /// Folders (with a slash) and files that `.gitignore` leaves out.
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

    /// Those of some paths that `.gitignore` leaves out, as it stands in a folder.
    func ignored(among paths: [GitPath], by folder: String? = nil) async throws -> Set<GitPath> {
        guard !paths.isEmpty else { return [] }
        // A path that begins with a colon would be a pattern.
        let input = paths.map { GitPath(Array("./".utf8) + $0.bytes) }.records
        // It exits with 1 when none is ignored.
        let output = try await git.run(
            ["check-ignore", "-z", "--stdin", "--no-index"], tree: folder ?? root, index: index + ".none", input: input, accepting: [0, 1])
        return Set([GitPath](records: output).map { GitPath($0.bytes.dropFirst(2)) })
    }

    /// What another index of the same tree has in place of a commit's files, without what a merge left open.
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

    /// Files that another index says are left out of the working tree on purpose.
    func sparse(in other: String) async throws -> Set<GitPath> {
        guard FileManager.default.fileExists(atPath: other) else { return [] }
        let output = [GitPath](records: try await git.run(["ls-files", "-z", "-t"], tree: root, index: other))
        return Set(output.filter { $0.bytes.starts(with: Array("S ".utf8)) }.map { GitPath($0.bytes.dropFirst(2)) })
    }

    /// Takes files into the index as they stand, and out of it where they are gone.
    ///
    /// - Returns: what git refused, with its reason.
    func update(_ paths: [GitPath]) async throws -> [(path: GitPath, why: String)] {
        var refused: [(path: GitPath, why: String)] = []
        guard !paths.isEmpty else { return [] }
        var open = [paths[...]]
        while let part = open.popLast() {
            do {
                try await run(["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], input: Array(part).records)
            } catch let error as GatherError {
                // One path that it refuses spoils the whole; halves find it.
                if part.count == 1 || refused.count >= Self.refusalLimit {
                    refused += part.map { ($0, error.message) }
                } else {
                    let middle = part.startIndex + part.count / 2
                    open += [part[middle...], part[..<middle]]
                }
            }
        }
        // Some it passes over in silence, as a link that is called .gitmodules.
        let named = Set(refused.map(\.path))
        let changed = Set(try await changes().changed)
        let present = Set([GitPath](records: try await run(["ls-files", "-z"])))
        for path in paths where !named.contains(path) && (changed.contains(path) || !present.contains(path) && kind(of: path) != nil) {
            refused.append((path, "it passes over files of this name."))
        }
        return refused
    }

    /// The kind of what stands at a path; `nil` for nothing, and for a folder.
    func kind(of path: GitPath) -> mode_t? {
        var status = stat()
        guard lstat(GitPath(root).appending(path).zeroEnded, &status) == 0 else { return nil }
        let kind = status.st_mode & S_IFMT
        return kind == S_IFDIR ? nil : kind
    }

    /// The index as a tree.
    func write() async throws -> String { try await git.line(["write-tree"], tree: root, index: index) }

    @discardableResult
    private func run(_ arguments: [String], input: [UInt8] = [], accepting codes: [Int32] = [0]) async throws -> [UInt8] {
        try await git.run(arguments, tree: root, index: index, input: input, accepting: codes)
    }
}
