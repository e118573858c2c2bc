import Accounts

/// The result of a session: work in the project's mirror, or nothing new.
public struct WorkspaceResult: Sendable, Hashable, Codable {
    /// The branch with the session's work; `nil` when there is none.
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
    /// The project whose mirror has the branch.
    public var project: ProjectID
    /// Everything else that is new: other branches, tags, stashes, nested repositories, commits that no ref reaches.
    public var others: [OtherWork]
    /// Notes for people on the work as it is now, a sentence each.
    public var notes: [String]
    /// Ignored files, which are not salvaged and are removed with the workspace.
    public var ignored: [IgnoredFiles]
    /// Work that could not be salvaged, a sentence each. While there is any, the workspace is kept.
    public var remaining: [String]

    /// Creates a result.
    public init(
        branch: String?, base: String, commit: String, commits: Int = 0, files: Int = 0, insertions: Int = 0, deletions: Int = 0,
        project: ProjectID, others: [OtherWork] = [], notes: [String] = [], ignored: [IgnoredFiles] = [], remaining: [String] = []
    ) {
        self.branch = branch
        self.base = base
        self.commit = commit
        self.commits = commits
        self.files = files
        self.insertions = insertions
        self.deletions = deletions
        self.project = project
        self.others = others
        self.notes = notes
        self.ignored = ignored
        self.remaining = remaining
    }

    /// Whether the session left nothing new.
    public var isEmpty: Bool { branch == nil && others.isEmpty && remaining.isEmpty && notes.isEmpty }

    /// Decodes a result. Results stored by earlier versions lack some members.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        branch = try container.decodeIfPresent(String.self, forKey: .branch)
        base = try container.decode(String.self, forKey: .base)
        commit = try container.decode(String.self, forKey: .commit)
        commits = try container.decode(Int.self, forKey: .commits)
        files = try container.decode(Int.self, forKey: .files)
        insertions = try container.decode(Int.self, forKey: .insertions)
        deletions = try container.decode(Int.self, forKey: .deletions)
        project = try container.decode(ProjectID.self, forKey: .project)
        others = try container.decodeIfPresent([OtherWork].self, forKey: .others) ?? []
        notes = try container.decodeIfPresent([String].self, forKey: .notes) ?? []
        ignored = try container.decodeIfPresent([IgnoredFiles].self, forKey: .ignored) ?? []
        remaining = try container.decodeIfPresent([String].self, forKey: .remaining) ?? []
    }
}

/// New work in a workspace, apart from the session's own branch.
public struct OtherWork: Sendable, Hashable, Codable {
    /// Where in the workspace it was.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A branch.
        case heads
        /// A tag.
        case tags
        /// A stash entry.
        case stash
        /// A ref of another kind, like a remote's branch.
        case refs
        /// A ref of a repository inside the workspace, or the content of a worktree's or a submodule's folder.
        case nested
        /// A commit that joins refs beyond the first 400; its file `names` lists them.
        case joined
        /// A commit that no ref reaches. Like shallow histories, it is in a repository of the session's own, which is removed with the
        /// session.
        case lost
    }

    /// The repository that holds work.
    public enum Repository: String, Sendable, Codable {
        /// The mirror of the session's project.
        case project
        /// A repository of the session's own.
        case session
    }

    /// Where in the workspace it was.
    public var kind: Kind
    /// Its name in the workspace, as the agent wrote it.
    public var name: String
    /// `refs/sam/work/<session>/<kind>/<encoded name>`.
    public var ref: String
    /// The repository that has the ref.
    public var repository: Repository
    /// The branch `sam/<session>/<n>-<name>` on the same commit; `nil` for work that was not on a branch.
    public var branch: String?
    /// The object that the ref names.
    public var commit: String

    /// Creates a description.
    public init(kind: Kind, name: String, ref: String, repository: Repository, branch: String? = nil, commit: String) {
        self.kind = kind
        self.name = name
        self.ref = ref
        self.repository = repository
        self.branch = branch
        self.commit = commit
    }
}

/// Files in one folder that `.gitignore` or the agent's catalogue entry excludes.
public struct IgnoredFiles: Sendable, Hashable, Codable {
    /// Relative to the workspace; empty for its top.
    public var folder: String
    /// The number of files.
    public var files: Int
    /// Whether the agent or SAM put them there for itself.
    public var areLeftBehind: Bool

    /// Creates a count.
    public init(folder: String, files: Int, areLeftBehind: Bool = false) {
        self.folder = folder
        self.files = files
        self.areLeftBehind = areLeftBehind
    }
}
