import Foundation

/// Everything in a working tree that is work, as a tree of git's, with the repositories that stand in it turned into files.
struct Snapshot {
    var tree: String
    var notes: [String] = []
    var remaining: [String] = []
    /// Folders (with a slash) and files that stay behind, from the workspace's top.
    var ignored: [GitPath] = []
    var keptByAgent: [GitPath] = []
    /// Repositories that were met and are not ignored.
    var repositories: [Nested] = []
    /// What stands in the index alone: neither in the commit nor in a file.
    var staged: String?
    /// Trees without a repository whose content comes as a ref of its own: what was written into a submodule's empty folder.
    var looseTrees: [(folder: GitPath, tree: String)] = []

    /// A repository in the workspace and what stands in its folder.
    struct Nested {
        /// From the workspace's top.
        var folder: GitPath
        var repository: Repository
        /// The commit that is checked out; `nil` for none.
        var head: String?
        var tree: String
        var staged: String?
    }

    /// Adds what was found in a folder of it, without the files.
    mutating func add(_ part: Snapshot) {
        notes += part.notes
        remaining += part.remaining
        ignored += part.ignored
        keptByAgent += part.keptByAgent
        looseTrees += part.looseTrees
        repositories += part.repositories
    }
}
