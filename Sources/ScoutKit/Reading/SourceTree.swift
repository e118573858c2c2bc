import Foundation
import Processes
import Wording

/// The files of a repository: those that git tracks, or, without git, those in the folder.
struct SourceTree: Sendable {
    struct Entry: Sendable, Hashable {
        /// Relative to the root.
        var path: String
        var size: Int
    }

    var root: String
    /// Regular files only. Links are skipped, because they may lead out of the tree.
    var files: [Entry]
    var links: Int
    /// Files whose names can't be written in a brief: not UTF-8, or with line breaks and the like.
    var unnameable: Int

    static func read(_ root: String, git: RepositoryGit?) async throws -> SourceTree {
        var names = (try? await git?.trackedFiles()) ?? nil
        if names == nil {
            names = try await onFileThread { walk(root) }
        }
        let listed = names ?? []
        return try await onFileThread {
            var tree = SourceTree(root: root, files: [], links: 0, unnameable: 0)
            tree.files.reserveCapacity(listed.count)
            for name in listed {
                guard let path = String(validating: name, as: UTF8.self), path.canBeWrittenDown else {
                    tree.unnameable += 1
                    continue
                }
                var status = stat()
                guard lstat("\(root)/\(path)", &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFREG: tree.files.append(Entry(path: path, size: Int(status.st_size)))
                case S_IFLNK: tree.links += 1
                default: break
                }
            }
            return tree
        }
    }

    private static func walk(_ root: String) -> [[UInt8]] {
        var names: [[UInt8]] = []
        let enumerator = FileManager.default.enumerator(atPath: root)
        while let path = enumerator?.nextObject() as? String {
            if path == ".git" || path.hasSuffix("/.git") { enumerator?.skipDescendants() }
            names.append(Array(path.utf8))
        }
        return names
    }

    /// A file's first bytes, at most `limit`.
    func content(of entry: Entry, limit: Int = 1 << 20) -> Data? {
        let descriptor = open("\(root)/\(entry.path)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: min(entry.size, limit))
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : Data(bytes[..<count])
    }
}

extension String {
    /// Whether a name can be written in a brief, between backticks and on one line.
    var canBeWrittenDown: Bool {
        !contains("`") && VisibleText(self).text == self
    }

    /// The text with invisible characters, which could break a line or rewrite a terminal, made visible.
    var onOneLine: String { VisibleText(self).text }
}

/// Runs work that reads many files on a thread that may block.
func onFileThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(with: Swift.Result { try work() })
        }
    }
}
