import Foundation

/// What a linked worktree of a repository on this machine has checked out, found by inspecting files.
public struct WorktreeHead: Sendable, Hashable {
    /// The worktree's folder, as it was named.
    public let path: String
    /// The repository that it belongs to.
    public let repository: String
    /// The branch; `nil` for a commit that is checked out by itself.
    public let branch: String?
    /// The commit.
    public let commit: String

    /// A sentence on where a session in it starts.
    public var note: String {
        let start = branch.map { "its branch \($0)" } ?? "the commit that is checked out there"
        return "\(path) is a linked worktree of \(repository). The session starts from \(start), at \(commit.prefix(12))."
    }

    /// Reads the HEAD of a worktree.
    ///
    /// - Parameters:
    ///   - path: the worktree's folder.
    ///   - folder: its own folder in the repository's `worktrees`.
    ///   - main: the repository's folder with its refs.
    /// - Returns: `nil` when no commit is checked out there yet.
    init?(_ path: String, folder: String, main: String, repository: String) {
        guard let head = FileEntry.text(folder + "/HEAD")?.trimmingCharacters(in: .newlines) else { return nil }
        self.path = path
        self.repository = repository
        guard let match = head.wholeMatch(of: /ref: (refs\/heads\/(.+))/) else {
            guard Self.isCommit(head) else { return nil }
            (branch, commit) = (nil, head)
            return
        }
        let ref = String(match.1)
        guard !ref.split(separator: "/").contains(".."), let found = Self.commit(of: ref, in: main) else { return nil }
        (branch, commit) = (String(match.2), found)
    }

    private static func commit(of ref: String, in main: String) -> String? {
        if let own = FileEntry.text("\(main)/\(ref)")?.trimmingCharacters(in: .newlines) { return isCommit(own) ? own : nil }
        let file = main + "/packed-refs"
        guard FileEntry(file) == .file, FileEntry.size(file) < 64 << 20, let packed = FileManager.default.contents(atPath: file) else {
            return nil
        }
        let line = packed.split(separator: UInt8(ascii: "\n")).first {
            $0.count == 41 + ref.utf8.count && $0.dropFirst(41).elementsEqual(ref.utf8)
        }
        return line.map { String(decoding: $0.prefix(40), as: UTF8.self) }.flatMap { isCommit($0) ? $0 : nil }
    }

    private static func isCommit(_ text: String) -> Bool { text.wholeMatch(of: /[0-9a-f]{40}/) != nil }
}
