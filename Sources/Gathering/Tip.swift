/// An object in a workspace that a ref can name.
struct Tip: Hashable {
    var kind: GatherReport.Kind
    /// The agent's name for it.
    var name: GitPath
    var object: String

    /// Creates a tip for a ref of the workspace's repository.
    init(_ reference: Repository.Reference) {
        object = reference.object
        for (prefix, kind) in [("refs/heads/", GatherReport.Kind.heads), ("refs/tags/", .tags), ("refs/", .refs)]
        where reference.name.bytes.starts(with: prefix.utf8) {
            self.kind = kind
            name = GitPath(reference.name.bytes.dropFirst(prefix.utf8.count))
            return
        }
        kind = .refs
        name = reference.name
    }

    init(_ kind: GatherReport.Kind, _ name: GitPath, _ object: String) {
        self.kind = kind
        self.name = name
        self.object = object
    }

    /// Creates a tip for a ref of a repository in a folder of the workspace.
    init(in folder: GitPath, _ reference: Repository.Reference) {
        self.init(.nested, folder.appending(reference.name.bytes.dropFirst("refs/".utf8.count)), reference.object)
    }
}
