import Foundation

/// Finds the top folder of a repository from a folder inside it, as git does.
public enum RepositoryTop {
    /// The top folder of the repository that a folder belongs to.
    ///
    /// Checks the folder and then each parent, up to the boundary of the file system (or across, with `GIT_DISCOVERY_ACROSS_FILESYSTEM`),
    /// and not above the folders in `GIT_CEILING_DIRECTORIES`. Runs no program.
    ///
    /// - Parameters:
    ///   - path: an absolute path.
    ///   - environment: the variables in which git's own are looked up.
    /// - Returns: the path itself if it is a top folder, else the top folder without links in its path; `nil` when there is none.
    public static func of(_ path: String, environment: [String: String] = [:]) -> String? {
        if isTop(path) { return path }
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        var folder = String(cString: real)
        guard let device = device(of: folder) else { return nil }
        let crosses = ["1", "true", "yes", "on"].contains(environment["GIT_DISCOVERY_ACROSS_FILESYSTEM"]?.lowercased() ?? "")
        let ceilings = Set(
            (environment["GIT_CEILING_DIRECTORIES"] ?? "").split(separator: ":").map { text in
                text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : String(text)
            })
        var isStart = true
        while true {
            if isTop(folder) { return folder }
            // Inside a repository's own folder.
            if isGitFolder(folder) { return folder.hasSuffix("/.git") ? String(folder.dropLast(5)) : folder }
            // Ceilings apply to the folders above the first.
            guard folder != "/", isStart || !ceilings.contains(folder) else { return nil }
            let above = folder.lastIndex(of: "/").map { $0 == folder.startIndex ? "/" : String(folder[..<$0]) } ?? "/"
            guard !ceilings.contains(above), crosses || self.device(of: above) == device else { return nil }
            folder = above
            isStart = false
        }
    }

    /// Whether the folder is the top of a working tree, or a bare repository.
    private static func isTop(_ folder: String) -> Bool {
        let own = folder + "/.git"
        if isGitFolder(own) { return true }
        // In a linked worktree or a submodule it is a file that names the folder.
        var status = stat()
        if stat(own, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 8_192,
            FileManager.default.contents(atPath: own)?.prefix(8) == Data("gitdir: ".utf8)
        {
            return true
        }
        return !folder.hasSuffix("/.git") && isGitFolder(folder)
    }

    private static func isGitFolder(_ folder: String) -> Bool {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: folder + "/objects", isDirectory: &isFolder), isFolder.boolValue,
            files.fileExists(atPath: folder + "/refs", isDirectory: &isFolder), isFolder.boolValue
        else { return false }
        // HEAD may be a link to a ref that does not exist yet.
        return files.fileExists(atPath: folder + "/HEAD") || (try? files.destinationOfSymbolicLink(atPath: folder + "/HEAD")) != nil
    }

    private static func device(of folder: String) -> UInt64? {
        var status = stat()
        return stat(folder, &status) == 0 ? UInt64(status.st_dev) : nil
    }
}

extension RepositoryLocation {
    /// The repository that a folder on this machine belongs to; any other location is returned unchanged.
    public var top: RepositoryLocation {
        guard case .local(let path) = self, let top = RepositoryTop.of(path) else { return self }
        return .local(top)
    }
}
