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
    var repositories: [(folder: GitPath, repository: Repository, tree: String, staged: String?)] = []
    /// What stands in the index alone: neither in the commit nor in a file.
    var staged: String?
    /// Trees without a repository whose content comes as a ref of its own: what was written into a submodule's empty folder.
    var looseTrees: [(folder: GitPath, tree: String)] = []

    /// Takes over what was found in a folder of it, but for the files themselves.
    mutating func add(_ part: Snapshot) {
        notes += part.notes
        remaining += part.remaining
        ignored += part.ignored
        keptByAgent += part.keptByAgent
        looseTrees += part.looseTrees
        repositories += part.repositories
    }
}
