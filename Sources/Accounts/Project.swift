import Store

/// A repository that agents work on, and its properties.
public struct Project: Sendable, Hashable {
    /// The isolation of a project's agents from the machine.
    public enum Sandbox: String, Sendable, Codable, CaseIterable, SQLBindable {
        /// bubblewrap with all the restrictions that this machine supports; the default.
        case bubblewrap
        /// No sandbox. An administrator's explicit choice, shown wherever the project is.
        case none
    }

    /// The project's id.
    public var id: ProjectID
    /// The project's name, unique on the server.
    public var name: String
    /// A URL, or the absolute path of a local repository.
    public var repository: String
    /// The sandbox of its agents.
    public var sandbox: Sandbox
    /// The time of its creation, in UTC milliseconds.
    public var createdAt: Int64

    init(id: ProjectID, name: String, repository: String, sandbox: Sandbox, createdAt: Int64) {
        self.id = id
        self.name = name
        self.repository = repository
        self.sandbox = sandbox
        self.createdAt = createdAt
    }

    init(_ row: Row) throws {
        id = try row.parsed("id")
        name = try row.text("name")
        repository = try row.text("repository")
        sandbox = try row.parsed("sandbox")
        createdAt = Int64(try row.integer("created_at"))
    }
}
