import Foundation

/// All work in a working tree as a git tree, with nested repositories turned into files.
struct Snapshot {
    var tree: String
    var notes: [String] = []
    var remaining: [String] = []
    /// Folders (with a slash) and files that are not brought out, relative to the workspace's top.
    var ignored: [GitPath] = []
    var keptByAgent: [GitPath] = []
    /// Nested repositories that are not ignored.
    var repositories: [Nested] = []
    /// The tree of content that is in the index alone, neither in the commit nor in a file.
    var staged: String?
    /// Trees without a repository whose content becomes a ref of its own: files written into a submodule's empty folder.
    var looseTrees: [(folder: GitPath, tree: String)] = []

    /// A repository in the workspace, and the content of its folder.
    struct Nested {
        /// Relative to the workspace's top.
        var folder: GitPath
        var repository: Repository
        /// The commit that is checked out; `nil` when there is none.
        var head: String?
        var tree: String
        var staged: String?
    }

    /// Adds the findings of a folder inside it, without the files.
    mutating func add(_ part: Snapshot) {
        notes += part.notes
        remaining += part.remaining
        ignored += part.ignored
        keptByAgent += part.keptByAgent
        looseTrees += part.looseTrees
        repositories += part.repositories
    }
}
