import Store

/// A repository that agents work on, with what is set for it.
public struct Project: Sendable, Hashable {
    /// What stands between an agent and the machine.
    public enum Sandbox: String, Sendable, Codable, CaseIterable, SQLBindable {
        /// The default: bubblewrap, as far as this machine lets it.
        case bubblewrap
        /// Nothing. An administrator's explicit choice, shown wherever the project is.
        case none
    }

    public var id: ProjectID
    public var name: String
    /// A URL, or the absolute path of a local repository.
    public var repository: String
    public var sandbox: Sandbox
    /// UTC milliseconds.
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
