import Accounts

/// The body of `POST /api/v1/projects`.
public struct NewProject: Sendable, Codable {
    /// A URL or an absolute path.
    public var repository: String
    /// The project's name; derived from the repository if missing.
    public var name: String?
    /// The sandbox of its agents; `bubblewrap` if missing.
    public var sandbox: Project.Sandbox?

    /// Creates a body.
    public init(repository: String, name: String? = nil, sandbox: Project.Sandbox? = nil) {
        self.repository = repository
        self.name = name
        self.sandbox = sandbox
    }
}

/// The body of `PATCH /api/v1/projects/{id}`.
public struct ProjectChange: Sendable, Codable {
    /// The new sandbox.
    public var sandbox: Project.Sandbox

    /// Creates a body.
    public init(sandbox: Project.Sandbox) {
        self.sandbox = sandbox
    }
}
