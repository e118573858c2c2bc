/// What a session left: work in the project's mirror, or nothing new.
public struct WorkspaceResult: Sendable, Hashable, Codable {
    /// The branch with the session's work; `nil` when there is none.
    public var branch: String?
    public var base: String
    public var commit: String
    public var commits: Int
    public var files: Int
    public var insertions: Int
    public var deletions: Int
    /// The mirror that holds the branch: what `git fetch` takes.
    public var mirror: String
    /// Everything else that is new: other branches, tags, stashes, nested repositories, commits that no ref reaches.
    public var others: [OtherWork]
    /// What a person should know of how the work looks now, a sentence each.
    public var notes: [String]
    /// Ignored files, which stay behind and go with the workspace.
    public var ignored: [IgnoredFiles]
    /// What could not be brought out, a sentence each. While there is any, the workspace is kept.
    public var remaining: [String]

    /// Describes a result.
    public init(
        branch: String?, base: String, commit: String, commits: Int = 0, files: Int = 0, insertions: Int = 0, deletions: Int = 0,
        mirror: String, others: [OtherWork] = [], notes: [String] = [], ignored: [IgnoredFiles] = [], remaining: [String] = []
    ) {
        self.branch = branch
        self.base = base
        self.commit = commit
        self.commits = commits
        self.files = files
        self.insertions = insertions
        self.deletions = deletions
        self.mirror = mirror
        self.others = others
        self.notes = notes
        self.ignored = ignored
        self.remaining = remaining
    }

    /// Whether the session left nothing at all that was not there before.
    public var isEmpty: Bool { branch == nil && others.isEmpty && remaining.isEmpty && notes.isEmpty }

    /// Results that were stored by earlier versions know nothing of what else there was.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        branch = try container.decodeIfPresent(String.self, forKey: .branch)
        base = try container.decode(String.self, forKey: .base)
        commit = try container.decode(String.self, forKey: .commit)
        commits = try container.decode(Int.self, forKey: .commits)
        files = try container.decode(Int.self, forKey: .files)
        insertions = try container.decode(Int.self, forKey: .insertions)
        deletions = try container.decode(Int.self, forKey: .deletions)
        mirror = try container.decode(String.self, forKey: .mirror)
        others = try container.decodeIfPresent([OtherWork].self, forKey: .others) ?? []
        notes = try container.decodeIfPresent([String].self, forKey: .notes) ?? []
        ignored = try container.decodeIfPresent([IgnoredFiles].self, forKey: .ignored) ?? []
        remaining = try container.decodeIfPresent([String].self, forKey: .remaining) ?? []
    }
}

/// Something new in a workspace beside the session's own work.
public struct OtherWork: Sendable, Hashable, Codable {
    /// Where in the workspace it stood.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A branch.
        case heads
        case tags
        case stash
        /// A ref of another kind, like a remote's branch.
        case refs
        /// A ref of a repository inside of the workspace, or what a worktree or a submodule's folder held.
        case nested
        /// A commit that joins refs beyond the first 400; its file `names` lists them.
        case joined
        /// A commit that no ref reaches. Like histories that end early, it is in a repository of the session's own, which ends with the session.
        case lost
    }

    public var kind: Kind
    /// Its name in the workspace, as the agent wrote it.
    public var name: String
    /// `refs/sam/work/<session>/<kind>/<encoded name>`.
    public var ref: String
    /// The repository that holds the ref: the project's mirror, or the session's own.
    public var repository: String
    /// The branch `sam/<session>/<n>-<name>` on the same commit, for what was a branch.
    public var branch: String?
    /// The object that the ref names.
    public var commit: String

    /// Describes work.
    public init(kind: Kind, name: String, ref: String, repository: String, branch: String? = nil, commit: String) {
        self.kind = kind
        self.name = name
        self.ref = ref
        self.repository = repository
        self.branch = branch
        self.commit = commit
    }
}

/// Files in one folder that `.gitignore` or the agent's catalogue entry leaves out.
public struct IgnoredFiles: Sendable, Hashable, Codable {
    /// Relative to the workspace; empty for its top.
    public var folder: String
    public var files: Int
    /// Whether the agent or SAM put them there for itself.
    public var areLeftBehind: Bool

    /// Counts files.
    public init(folder: String, files: Int, areLeftBehind: Bool = false) {
        self.folder = folder
        self.files = files
        self.areLeftBehind = areLeftBehind
    }
}
