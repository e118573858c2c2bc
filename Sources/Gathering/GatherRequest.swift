import Processes

/// What a gatherer has to look for. Written by the control plane and read inside the workspace's sandbox.
///
/// All paths are those inside the sandbox.
public struct GatherRequest: Sendable, Codable {
    /// How much to bring out. Each scope leaves out what git's checks may have refused in the one before.
    public enum Scope: String, Sendable, Codable, CaseIterable {
        /// Every new commit, ref and file.
        case everything
        /// Without uncommitted changes of special files.
        case plainFiles
        /// With the files as one commit on the base, in place of HEAD's own history.
        case filesOnBase
        /// As one commit on the base, and without changed special files.
        case plainFilesOnBase

        /// Whether HEAD's own history is brought out; otherwise its files become one commit on the base.
        public var keepsHistory: Bool { self == .everything || self == .plainFiles }
        /// Whether changed special files are brought out.
        public var takesSpecialFiles: Bool { self == .everything || self == .filesOnBase }
    }

    /// How much to bring out.
    public var scope: Scope
    /// The workspace's folder.
    public var workspace: String
    /// A working folder, empty except for `base.index` and `known`.
    public var folder: String
    /// The object folder of the mirror, which the workspace borrows.
    public var objects: String
    /// The commit that the session started from.
    public var base: String
    /// The branch of the workspace when it was created.
    public var branch: String
    /// The commits at which the mirror's own history ends, if it is shallow.
    public var shallow: [String]
    /// Patterns, as in `.gitignore`, of files that the agent keeps in the workspace for itself.
    public var leavesBehind: [String]
    /// Files that are work even when they are ignored.
    public var alwaysWork: [String]
    /// The message of the commit with uncommitted work.
    public var message: String
    /// The author and committer of that commit, as variables for git.
    public var identity: [String: String]

    /// Creates a request.
    public init(
        scope: Scope, workspace: String, folder: String, objects: String, base: String, branch: String, shallow: [String],
        leavesBehind: [String], alwaysWork: [String], message: String, identity: [String: String]
    ) {
        self.scope = scope
        self.workspace = workspace
        self.folder = folder
        self.objects = objects
        self.base = base
        self.branch = branch
        self.shallow = shallow
        self.leavesBehind = leavesBehind
        self.alwaysWork = alwaysWork
        self.message = message
        self.identity = identity
    }

    /// The index of the workspace as it was created: unchanged files in it need not be read again.
    public static func baseIndex(in folder: String) -> String { folder + "/base.index" }
    /// The file with the commits of the mirror's origin, one per line.
    public static func known(in folder: String) -> String { folder + "/known" }
    /// The repository whose refs are fetched into the mirror.
    public static func repository(in folder: String) -> String { folder + "/out.git" }
}
