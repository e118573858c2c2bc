/// The repositories on the host with the work of a session, as `git fetch` takes them. Computed when they are asked for and never stored.
public struct ResultPlaces: Sendable, Hashable {
    /// The mirror of the session's project.
    public var mirror: String
    /// The session's own repository, for what no ref reached; need not exist.
    public var lostWork: String

    /// Creates a description.
    public init(mirror: String, lostWork: String) {
        self.mirror = mirror
        self.lostWork = lostWork
    }

    /// The path of the repository that holds some work.
    public subscript(repository: OtherWork.Repository) -> String {
        switch repository {
        case .project: mirror
        case .session: lostWork
        }
    }
}
