import Accounts

/// Finds the repositories that projects are added for, as the host reaches them.
public protocol RepositoryFinder: Sendable {
    /// Resolves a location to the repository itself: a linked worktree resolves to the repository that it belongs to.
    ///
    /// - Throws: ``WorkspaceError`` when a local repository does not exist, or is not whole.
    func resolve(_ location: RepositoryLocation) async throws -> ResolvedRepository

    /// Checks that a location is a repository, by reading its HEAD.
    ///
    /// - Parameter sandbox: the sandbox of its project.
    /// - Throws: ``WorkspaceError``.
    func probe(_ location: RepositoryLocation, sandbox: Project.Sandbox) async throws
}

/// A repository that was found.
public struct ResolvedRepository: Sendable, Hashable {
    /// The location to store.
    public var location: RepositoryLocation
    /// A note for people.
    public var note: String?
    /// What a linked worktree that was named has checked out.
    public var worktree: WorktreeHead?

    /// Creates a description.
    public init(location: RepositoryLocation, note: String? = nil, worktree: WorktreeHead? = nil) {
        self.location = location
        self.note = note
        self.worktree = worktree
    }
}
