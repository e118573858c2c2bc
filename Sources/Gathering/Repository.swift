import Foundation

/// A repository that an agent could write, read without git: what damages it for git need not hide its refs from us.
struct Repository {
    /// Where its HEAD stands.
    enum Head: Hashable {
        case commit(String, branch: String?)
        /// On a branch without a commit.
        case unborn(branch: String)
        /// HEAD is missing or can't be read.
        case missing
    }

    struct Reference: Hashable {
        /// `refs/heads/main`.
        var name: String
        var object: String
    }

    /// `.git`, or what it points to.
    let directory: String
    /// The repository whose refs and objects a linked worktree shares; otherwise the same.
    let common: String
    let head: Head
    let references: [Reference]
    /// Commits at which its history ends, as it says.
    let shallow: [String]

    var objects: String { common + "/objects" }
    var index: String { directory + "/index" }
    var isLinkedWorktree: Bool { directory != common }

    /// More refs than a workspace has a use for.
    private static let limit = 10_000

    /// Opens the repository of a working tree.
    ///
    /// - Returns: `nil` when the tree has no repository.
    init?(at tree: String) {
        guard let directory = Self.directory(of: tree + "/.git") else { return nil }
        self.init(directory: directory)
    }

    /// Opens a repository's own folder.
    init?(directory: String) {
        guard Self.isFolder(directory) else { return nil }
        // What an agent closed is opened, as in the working tree.
        _ = TreeWalk(directory)
        let common = Self.line(directory + "/commondir").map { Self.path($0, from: directory) } ?? directory
        guard Self.isFolder(common + "/objects") || Self.line(directory + "/HEAD") != nil else { return nil }
        self.directory = directory
        self.common = common
        let references = Self.references(in: common)
        self.references = references.map { Reference(name: $0.key, object: $0.value) }.sorted { $0.name < $1.name }
        head = Self.head(directory, references)
        shallow = (Self.text(common + "/shallow") ?? "").split(separator: "\n").map(String.init).filter(Self.isObject)
    }

    /// The working trees that were linked to it, and the HEAD of each, also of those whose tree is gone.
    var worktrees: [(directory: String, tree: String?)] {
        Self.names(in: common + "/worktrees").map { name in
            let directory = "\(common)/worktrees/\(name)"
            let file = Self.line(directory + "/gitdir").map { Self.path($0, from: directory) }
            let tree = file.map { URL(filePath: $0).deletingLastPathComponent().path(percentEncoded: false).withoutSlash }
            return (directory, tree.flatMap { Self.isFolder($0) ? $0 : nil })
        }
    }

    /// Repositories of submodules that it keeps, whether they are checked out or not.
    var modules: [String] { Self.repositories(under: common + "/modules", depth: 0) }

    /// Stashed work, the newest first.
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

    private static func head(_ directory: String, _ references: [String: String]) -> Head {
        guard let line = line(directory + "/HEAD") else { return .missing }
        if isObject(line) { return .commit(line, branch: nil) }
        guard line.hasPrefix("ref:") else { return .missing }
        var name = line.dropFirst("ref:".count).trimmingCharacters(in: .whitespaces)
        // A symbolic ref can name another.
        for _ in 0..<5 {
            if let object = references[name] { return .commit(object, branch: name) }
            guard let next = Self.line("\(directory)/\(name)"), next.hasPrefix("ref:") else { break }
            name = next.dropFirst("ref:".count).trimmingCharacters(in: .whitespaces)
        }
        return .unborn(branch: name)
    }

    /// What `packed-refs` says, and over it what the loose files say.
    private static func references(in common: String) -> [String: String] {
        var references: [String: String] = [:]
        for line in (text(common + "/packed-refs") ?? "").split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix("^") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, isObject(words[0]), references.count < limit else { continue }
            references[String(words[1])] = String(words[0])
        }
        collect(common, "refs", into: &references, depth: 0)
        return references
    }

    private static func collect(_ common: String, _ name: String, into references: inout [String: String], depth: Int) {
        guard depth < 64, references.count < limit else { return }
        for entry in names(in: "\(common)/\(name)") where !entry.hasSuffix(".lock") {
            let child = "\(name)/\(entry)"
            if isFolder("\(common)/\(child)") {
                collect(common, child, into: &references, depth: depth + 1)
            } else if let line = line("\(common)/\(child)"), isObject(line) {
                references[child] = line
            }
        }
    }

    private static func repositories(under folder: String, depth: Int) -> [String] {
        guard depth < 8, isFolder(folder) else { return [] }
        if isFolder(folder + "/objects"), line(folder + "/HEAD") != nil {
            return [folder] + repositories(under: folder + "/modules", depth: depth + 1)
        }
        return names(in: folder).flatMap { repositories(under: "\(folder)/\($0)", depth: depth + 1) }
    }

    private static func names(in folder: String) -> [String] {
        // A folder that is not there has no entries; one that can't be read was opened before.
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// A file's first line, where it is short and there is one.
    private static func line(_ path: String) -> String? {
        text(path, limit: 64 << 10)?.split(separator: "\n", maxSplits: 1).first.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// A file's text; `nil` for what is no file, or larger.
    private static func text(_ path: String, limit: Int = 16 << 20) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit,
            let data = FileManager.default.contents(atPath: path)
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func path(_ path: String, from folder: String) -> String {
        if path.hasPrefix("/") { return path.withoutSlash }
        let url = URL(filePath: path, relativeTo: URL(filePath: folder, directoryHint: .isDirectory)).standardizedFileURL
        return url.path(percentEncoded: false).withoutSlash
    }
}

extension String {
    fileprivate var withoutSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
