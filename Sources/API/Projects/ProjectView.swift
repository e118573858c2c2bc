import Accounts

/// A project in the API.
public struct ProjectView: Sendable, Codable {
    /// The project's id.
    public var id: String
    /// The project's name.
    public var name: String
    /// A URL or an absolute path.
    public var repository: String
    /// `bubblewrap`, or `none` if an administrator chose so.
    public var sandbox: Project.Sandbox
    /// The time of its creation, in UTC milliseconds like all times of the API.
    public var createdAt: Int64
    /// A note on how the repository was found; only in the response that adds the project.
    public var note: String?

    package init(_ project: Project, note: String? = nil) {
        self.note = note
        id = project.id.rawValue
        name = project.name
        repository = project.repository
        sandbox = project.sandbox
        createdAt = project.createdAt
    }
}
