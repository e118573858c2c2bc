import Workspaces

/// A result in the API, with the places of its repositories on this server.
public struct ResultView: Sendable, Codable {
    /// New work apart from the session's own branch.
    public struct Other: Sendable, Codable {
        /// Where in the workspace it was.
        public var kind: OtherWork.Kind
        /// Its name in the workspace, as the agent wrote it.
        public var name: String
        /// `refs/sam/work/<session>/<kind>/<encoded name>`.
        public var ref: String
        /// The path of the repository that has the ref.
        public var repository: String
        /// The branch on the same commit; missing for work that was not on a branch.
        public var branch: String?
        /// The object that the ref names.
        public var commit: String
    }

    /// The branch with the session's work; missing when there is none.
    public var branch: String?
    /// The commit that the session started from.
    public var base: String
    /// The commit that the branch names; the base when there is no branch.
    public var commit: String
    /// The number of commits from the base to ``commit``.
    public var commits: Int
    /// The number of changed files.
    public var files: Int
    /// The number of added lines.
    public var insertions: Int
    /// The number of removed lines.
    public var deletions: Int
    /// The path of the mirror with the branch, for `git fetch`.
    public var mirror: String
    /// Everything else that is new.
    public var others: [Other]
    /// Notes for people on the work as it is now, a sentence each.
    public var notes: [String]
    /// Ignored files, which are not salvaged and are removed with the workspace.
    public var ignored: [IgnoredFiles]
    /// Work that could not be salvaged, a sentence each.
    public var remaining: [String]

    package init(_ result: WorkspaceResult, at places: ResultPlaces) {
        branch = result.branch
        base = result.base
        commit = result.commit
        commits = result.commits
        files = result.files
        insertions = result.insertions
        deletions = result.deletions
        mirror = places.mirror
        others = result.others.map {
            Other(kind: $0.kind, name: $0.name, ref: $0.ref, repository: places[$0.repository], branch: $0.branch, commit: $0.commit)
        }
        notes = result.notes
        ignored = result.ignored
        remaining = result.remaining
    }

    /// Whether the session left nothing new.
    public var isEmpty: Bool { branch == nil && others.isEmpty && remaining.isEmpty && notes.isEmpty }
}
