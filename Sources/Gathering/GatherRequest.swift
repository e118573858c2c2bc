import Processes

/// What a gatherer is asked to look for, written by the control plane and read inside the workspace's sandbox.
///
/// All paths are those that the gatherer sees.
public struct GatherRequest: Sendable, Codable {
    /// How much to bring out: each leaves out what git's checks may have refused of the one before.
    public enum Scope: String, Sendable, Codable, CaseIterable {
        /// Every commit, ref and file that is new.
        case everything
        /// Without changes of special files that are not committed.
        case plainFiles
        /// With the files as one commit on the base, in place of HEAD's own history.
        case filesOnBase
        /// On the base, and without changed special files.
        case plainFilesOnBase

        /// What HEAD's work stands on: HEAD, or the commit that the session started from.
        public var keepsHistory: Bool { self == .everything || self == .plainFiles }
        /// Whether changed special files come out.
        public var takesSpecialFiles: Bool { self == .everything || self == .filesOnBase }
    }

    public var scope: Scope
    /// The workspace.
    public var workspace: String
    /// A folder to work in, empty but for `base.index` and `known`.
    public var folder: String
    /// The objects of the mirror, which the workspace borrows.
    public var objects: String
    /// The commit that the session started from.
    public var base: String
    /// The branch that the workspace was on then.
    public var branch: String
    /// Commits at which the mirror's own history ends, where it is shallow.
    public var shallow: [String]
    /// Patterns, as in `.gitignore`, of files that the agent keeps in the workspace for itself.
    public var leavesBehind: [String]
    /// Files that are work even where they are ignored.
    public var alwaysWork: [String]
    /// The message of the commit with what was left uncommitted.
    public var message: String
    /// Whose name stands on that commit: variables for git.
    public var identity: [String: String]

    /// Asks for work.
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

    /// The index of the workspace as it was made: what stands in it needs no second look at its content.
    public static func baseIndex(in folder: String) -> String { folder + "/base.index" }
    /// Commits that the mirror's origin has, one a line.
    public static func known(in folder: String) -> String { folder + "/known" }
    /// The repository whose refs are fetched into the mirror.
    public static func repository(in folder: String) -> String { folder + "/out.git" }
}
