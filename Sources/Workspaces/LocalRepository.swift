import Foundation

/// A repository on this machine, found by inspecting files: running git in it would obey its configuration.
package struct LocalRepository: Sendable, Hashable {
    /// The folder with its HEAD, objects and refs, without links.
    package let folder: String
    /// The path by which people name it.
    package let path: String
    /// A note for people on how it was found.
    package let note: String?
    /// What is checked out where a linked worktree was named.
    package let worktree: WorktreeHead?

    /// Finds the repository at a path. A linked worktree resolves to the repository that it belongs to.
    ///
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/repository`` when there is none, or when part of it is elsewhere.
    package init(at path: String) throws(WorkspaceError) {
        guard let place = FileEntry.canonical(path), FileEntry(place) == .folder else {
            // git accepts a path without `.git`, too.
            if !path.hasSuffix(".git"), FileEntry(path + ".git") == .folder {
                self = try LocalRepository(at: path + ".git")
                return
            }
            let isFile = FileEntry.canonical(path) != nil
            throw WorkspaceError(.repository, isFile ? "\(path) is no folder, so it is no repository." : "There is no folder \(path).")
        }
        // Such a path means another place in each process, so the repository goes by its own.
        let path = path.hasPrefix("/proc/") || path.hasPrefix("/dev/") ? place : path
        let dotGit = place + "/.git"
        switch FileEntry(dotGit) {
        case .folder: (folder, self.path, note, worktree) = (dotGit, path, nil, nil)
        case .file:
            let target = try Self.target(of: dotGit)
            guard let main = try Self.main(ofWorktree: target, at: dotGit) else {
                throw WorkspaceError(
                    .repository,
                    "\(path) is no whole repository: its file .git leads to \(target). If that is what you mean, name it: \(target)")
            }
            self = try Self.worktree(path, at: target, of: main)
            return
        case .link(let target):
            throw WorkspaceError(
                .repository, "\(path) is no whole repository: its .git is a link to \(target). Name the repository that it leads to.")
        case .missing where FileEntry(place + "/commondir") == .file:
            guard let main = try Self.main(ofWorktree: place, at: nil) else { throw Self.strayed(path, "commondir") }
            self = try Self.worktree(path, at: place, of: main)
            return
        case .missing: (folder, self.path, note, worktree) = (place, path, nil, nil)
        case .special, .other:
            throw WorkspaceError(.repository, "\(dotGit) is neither a folder nor a file, so \(path) is no git repository.")
        }
        try Wholeness(folder: folder, path: path).check()
    }

    private init(folder: String, path: String, note: String, worktree: WorktreeHead?) {
        self.folder = folder
        self.path = path
        self.note = note
        self.worktree = worktree
    }

    private static func worktree(_ path: String, at own: String, of main: String) throws(WorkspaceError) -> LocalRepository {
        let name = main.hasSuffix("/.git") ? String(main.dropLast(5)) : main
        try Wholeness(folder: main, path: name).check()
        return LocalRepository(
            folder: main, path: name,
            note: """
                \(path) is a worktree of \(name), so the project is of \(name), from the branch that is checked out there. A session that \
                names the worktree starts from the worktree's own.
                """,
            worktree: WorktreeHead(path, folder: own, main: main, repository: name))
    }

    /// The target of a `.git` file.
    private static func target(of file: String) throws(WorkspaceError) -> String {
        guard let text = FileEntry.text(file), let match = text.wholeMatch(of: /gitdir: ([^\n]+)\n*/) else {
            throw WorkspaceError(.repository, "\(file) is a file that does not say where the repository is.")
        }
        let named = String(match.1)
        let absolute = named.hasPrefix("/") ? named : (file as NSString).deletingLastPathComponent + "/" + named
        guard let target = FileEntry.canonical(absolute), FileEntry(target) == .folder else {
            throw WorkspaceError(.repository, "\(file) leads to \(named), which is not there.")
        }
        return target
    }

    /// The repository that a linked worktree's folder belongs to.
    ///
    /// - Parameter file: the `.git` file of the worktree, which the repository has to know.
    /// - Returns: `nil` when the folder is not a linked worktree's.
    private static func main(ofWorktree folder: String, at file: String?) throws(WorkspaceError) -> String? {
        guard FileEntry(folder + "/commondir") == .file,
            let named = FileEntry.text(folder + "/commondir")?.trimmingCharacters(in: .newlines),
            let main = FileEntry.canonical(named.hasPrefix("/") ? named : folder + "/" + named)
        else { return nil }
        // Anyone can write a commondir file. The repository that a genuine one names knows the worktree.
        guard (folder as NSString).deletingLastPathComponent == main + "/worktrees", FileEntry(main + "/commondir") == .missing else {
            throw strayed(file ?? folder, "commondir")
        }
        if let file {
            let back = FileEntry.text(folder + "/gitdir")?.trimmingCharacters(in: .newlines)
            guard let back, FileEntry.canonical(back.hasPrefix("/") ? back : folder + "/" + back) == file else {
                throw strayed(file, "gitdir")
            }
        }
        return main
    }

    private static func strayed(_ path: String, _ file: String) -> WorkspaceError {
        WorkspaceError(
            .repository,
            "\(path) claims to be a worktree of a repository that does not know it (by a file “\(file)”). Name the repository itself, or mend it there with: git worktree repair"
        )
    }
}
