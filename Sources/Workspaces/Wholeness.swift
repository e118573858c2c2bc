import Foundation

/// Checks that a repository has all of its objects and refs itself. If it borrowed them, anyone who can write in the other repository could
/// choose what an agent sees, and what a landed branch is based on.
struct Wholeness {
    /// The folder with HEAD, objects and refs.
    let folder: String
    /// The path by which people name it.
    let path: String

    /// The number of ref files that are checked one by one; later ones are not.
    private static let limit = 200_000

    /// - Throws: ``WorkspaceError`` that says what is elsewhere and how to make the repository whole.
    func check() throws(WorkspaceError) {
        guard access(folder, R_OK | X_OK) == 0 else {
            throw WorkspaceError(
                .repository,
                "\(path) can't be read: \(String(cString: strerror(errno))) for \(folder), which is read with the rights of SAM's user."
            )
        }
        // First, because the other checks open files.
        if let found = SpecialFiles.first(in: folder) {
            throw WorkspaceError(
                .repository,
                "\(path) is no repository that git can read: \(found.path) is a \(found.kind), neither a file nor a folder. Remove it: rm '\(found.path)'"
            )
        }
        for name in ["objects", "refs"] {
            try refuseLink(name)
            guard FileEntry("\(folder)/\(name)") == .folder else {
                throw WorkspaceError(.repository, "\(path) is not a git repository: it has no folder \(name). \(remedy)")
            }
        }
        guard FileEntry(folder + "/HEAD") != .missing else {
            throw WorkspaceError(.repository, "\(path) is not a git repository: it has no HEAD. \(remedy)")
        }
        guard FileEntry(folder + "/.git") == .missing, FileEntry(folder + "/commondir") == .missing else {
            throw WorkspaceError(.repository, "\(path) is no plain repository: \(folder) refers to another one.")
        }
        for name in ["config", "config.worktree", "packed-refs", "shallow", "info", "info/grafts", "logs", "worktrees"] {
            try refuseLink(name)
        }
        for name in ["alternates", "http-alternates"] {
            try refuseLink("objects/info")
            try refuseLink("objects/info/\(name)")
            guard FileEntry.size("\(folder)/objects/info/\(name)") > 0 else { continue }
            let lender = FileEntry.text("\(folder)/objects/info/\(name)")?.split(separator: "\n").first.map(String.init) ?? "another"
            throw WorkspaceError(
                .repository,
                """
                \(path) borrows objects from \(lender.prefix(200)), and SAM takes only repositories that have all of theirs. Make it whole: \
                git -C '\(path)' repack -a -d && rm '\(folder)/objects/info/\(name)'
                """)
        }
        if FileEntry.size(folder + "/info/grafts") > 0 {
            throw WorkspaceError(
                .repository,
                "\(path) has grafts, which give its commits other parents than they name. Convert them: git -C '\(path)' replace --convert-graft-file"
            )
        }
        try checkObjects()
        try checkReferences()
    }

    /// How a folder becomes a repository that agents can work on.
    private var remedy: String { "Make it one, and commit first: git init '\(path)'" }

    private func checkObjects() throws(WorkspaceError) {
        for name in names(in: "objects") where name == "pack" || name.count == 2 {
            try refuseLink("objects/\(name)")
            guard name == "pack" else { continue }
            for pack in names(in: "objects/pack") { try refuseLink("objects/pack/\(pack)") }
        }
    }

    private func checkReferences() throws(WorkspaceError) {
        // In old repositories, symbolic refs are links within `refs`.
        if case .link(let target) = FileEntry(folder + "/HEAD"), !target.hasPrefix("refs/") || target.contains("..") {
            throw borrowed("HEAD", target)
        }
        var folders = ["refs"]
        var seen = 0
        while let parent = folders.popLast(), seen < Self.limit {
            for name in names(in: parent) {
                seen += 1
                let place = "\(parent)/\(name)"
                switch FileEntry("\(folder)/\(place)") {
                case .folder: folders.append(place)
                case .link(let target):
                    guard FileEntry.canonical("\(folder)/\(place)")?.hasPrefix(folder + "/refs/") == true else {
                        throw borrowed(place, target)
                    }
                case .file, .missing, .special, .other: break
                }
            }
        }
    }

    private func names(in place: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(place)"))?.sorted() ?? []
    }

    private func refuseLink(_ place: String) throws(WorkspaceError) {
        if case .link(let target) = FileEntry("\(folder)/\(place)") { throw borrowed(place, target) }
    }

    private func borrowed(_ place: String, _ target: String) -> WorkspaceError {
        WorkspaceError(
            .repository,
            """
            \(path) is no whole repository: \(folder)/\(place) is a link to \(target.prefix(200)). \
            Clone it, and name the clone: git clone --no-local '\(path)' NEW-FOLDER
            """)
    }
}
