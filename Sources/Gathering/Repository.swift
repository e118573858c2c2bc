import Foundation

/// A repository that an agent could write, read without git: damage that stops git need not hide its refs.
struct Repository {
    /// What its HEAD points to.
    enum Head: Hashable {
        case commit(String, branch: GitPath?)
        /// A branch without a commit.
        case unborn
        /// HEAD is missing or can't be read.
        case missing
    }

    struct Reference: Hashable {
        /// Such as `refs/heads/main`: bytes, which need not be valid text.
        var name: GitPath
        var object: String
    }

    /// `.git`, or the folder that it points to.
    let directory: String
    /// The repository whose refs and objects a linked worktree shares; otherwise the same as ``directory``.
    let common: String
    let head: Head
    let references: [Reference]
    /// The commits at which its history ends, according to its `shallow` file.
    let shallow: [String]
    /// Why its refs and objects can't all be read; `nil` when they can.
    let obstacle: String?

    var objects: String { common + "/objects" }
    var index: String { directory + "/index" }
    var isLinkedWorktree: Bool { directory != common }

    /// The most refs that are read, more than a workspace needs.
    private static let limit = 50_000
    private static let packedLimit = 64 << 20

    /// Opens the repository of a working tree.
    ///
    /// - Parameter workspace: unreadable files and folders in it are made readable.
    /// - Returns: `nil` when the tree has no repository.
    init?(at tree: String, in workspace: String) {
        guard let directory = Self.directory(of: tree + "/.git") else { return nil }
        self.init(directory: directory, in: workspace)
    }

    /// Opens a repository's own folder.
    init?(directory: String, in workspace: String) {
        guard Self.isFolder(directory) else { return nil }
        // Makes what an agent made unreadable readable, as in the working tree, and nowhere else.
        if directory.hasPrefix(workspace + "/") { _ = TreeWalk(directory) }
        let common = Self.line(directory + "/commondir").map { Self.path($0, from: directory) } ?? directory
        guard Self.isFolder(common + "/objects") || Self.line(directory + "/HEAD") != nil else { return nil }
        self.directory = directory
        self.common = common
        var references: [GitPath: String] = [:]
        let isWhole = Self.read(common, into: &references)
        obstacle = Self.foreignness(of: common) ?? (isWhole ? nil : "it has more refs than SAM reads")
        self.references = references.map { Reference(name: $0.key, object: $0.value) }
            .sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
        head = Self.head(directory, references)
        shallow = (Self.text(common + "/shallow") ?? "").split(separator: "\n").map(String.init).filter(Self.isObject)
    }

    /// Its linked worktrees: the repository folder of each, and its tree, `nil` when that is gone.
    var worktrees: [(directory: String, tree: String?)] {
        Self.names(in: common + "/worktrees").map { name in
            let directory = "\(common)/worktrees/\(name)"
            let file = Self.line(directory + "/gitdir").map { Self.path($0, from: directory) }
            let tree = file.map { URL(filePath: $0).deletingLastPathComponent().path(percentEncoded: false).withoutSlash }
            return (directory, tree.flatMap { Self.isFolder($0) ? $0 : nil })
        }
    }

    /// Repositories of submodules inside it, checked out or not.
    var modules: [String] { Self.repositories(under: common + "/modules", depth: 0) }

    /// The stash, newest first.
    var stashes: [String] {
        (Self.text(common + "/logs/refs/stash") ?? "").split(separator: "\n").suffix(1_000).reversed().compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2)
            return words.count == 3 && Self.isObject(words[1]) ? String(words[1]) : nil
        }
    }

    static func isObject(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

// MARK: - Reading

extension Repository {
    private static func directory(of git: String) -> String? {
        if isFolder(git) { return git }
        guard let line = line(git), line.hasPrefix("gitdir:") else { return nil }
        let folder = URL(filePath: git).deletingLastPathComponent().path(percentEncoded: false)
        return path(line.dropFirst("gitdir:".count).trimmingCharacters(in: .whitespaces), from: folder)
    }

    private static func head(_ directory: String, _ references: [GitPath: String]) -> Head {
        guard var line = firstLine(GitPath(directory + "/HEAD")) else { return .missing }
        if let object = object(line) { return .commit(object, branch: nil) }
        // A symbolic ref can name another one.
        for _ in 0..<5 {
            guard let name = symbol(line) else { return .missing }
            if let object = references[name] { return .commit(object, branch: name) }
            guard let next = firstLine(GitPath(directory).appending(name)) else { break }
            line = next
        }
        return .unborn
    }

    /// The target of a symbolic ref.
    private static func symbol(_ line: [UInt8]) -> GitPath? {
        let mark = Array("ref:".utf8)
        guard line.starts(with: mark) else { return nil }
        return GitPath(line.dropFirst(mark.count).drop { $0 == UInt8(ascii: " ") })
    }

    private static func object(_ line: some Sequence<UInt8>) -> String? {
        let text = String(decoding: Array(line), as: UTF8.self)
        return isObject(text) ? text : nil
    }

    /// Why SAM can't read this kind of repository; `nil` when it can.
    private static func foreignness(of common: String) -> String? {
        if GitPath(common + "/reftable").isFolder { return "its refs are kept in a reftable" }
        let settings = (text(common + "/config", limit: 1 << 20) ?? "").lowercased().filter { !$0.isWhitespace }
        return settings.contains("objectformat=sha256") ? "its objects are named by SHA-256" : nil
    }

    /// Reads the loose refs, and from `packed-refs` the others.
    ///
    /// - Returns: whether all of them were read.
    private static func read(_ common: String, into references: inout [GitPath: String]) -> Bool {
        collect(GitPath(common), GitPath("refs"), into: &references, depth: 0)
        let packed = GitPath(common + "/packed-refs")
        guard packed.isFile else { return references.count < limit }
        guard let content = packed.content(limit: packedLimit) else { return false }
        for line in content.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard words.count == 2, let object = object(words[0]), references.count < limit else { continue }
            let name = GitPath(words[1])
            if references[name] == nil { references[name] = object }
        }
        return references.count < limit
    }

    private static func collect(_ common: GitPath, _ name: GitPath, into references: inout [GitPath: String], depth: Int) {
        guard depth < 64, references.count < limit else { return }
        for entry in common.appending(name).entries where !entry.ends(with: ".lock") {
            let child = name.appending(entry)
            let file = common.appending(child)
            if file.isOwnFolder {
                collect(common, child, into: &references, depth: depth + 1)
            } else if let object = firstLine(file).flatMap(object) {
                references[child] = object
            }
        }
    }

    private static func firstLine(_ file: GitPath) -> [UInt8]? {
        guard let line = file.content(limit: 64 << 10)?.split(separator: UInt8(ascii: "\n"), maxSplits: 1).first else { return nil }
        return Array(line.reversed().drop { [UInt8(ascii: " "), UInt8(ascii: "\r")].contains($0) }.reversed())
    }

    private static func repositories(under folder: String, depth: Int) -> [String] {
        guard depth < 8, GitPath(folder).isOwnFolder else { return [] }
        if isFolder(folder + "/objects"), line(folder + "/HEAD") != nil {
            return [folder] + repositories(under: folder + "/modules", depth: depth + 1)
        }
        return names(in: folder).flatMap { repositories(under: "\(folder)/\($0)", depth: depth + 1) }
    }

    private static func names(in folder: String) -> [String] { GitPath(folder).entries.compactMap { GitPath($0).text } }

    /// A small file's first line.
    private static func line(_ path: String) -> String? {
        text(path, limit: 64 << 10)?.split(separator: "\n", maxSplits: 1).first.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// A file's text; `nil` when there is no file, or a larger one.
    private static func text(_ path: String, limit: Int = 16 << 20) -> String? {
        GitPath(path).content(limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    static func isFolder(_ path: String) -> Bool { GitPath(path).isFolder }

    private static func path(_ path: String, from folder: String) -> String {
        if path.hasPrefix("/") { return path.withoutSlash }
        let url = URL(filePath: path, relativeTo: URL(filePath: folder, directoryHint: .isDirectory)).standardizedFileURL
        return url.path(percentEncoded: false).withoutSlash
    }
}

extension String {
    fileprivate var withoutSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
