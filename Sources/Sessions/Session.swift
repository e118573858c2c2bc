import Accounts
import AgentProtocol
import Credentials
import Store

/// A session as it is listed and shown.
public struct Session: Sendable {
    public var id: SessionID
    public var project: ProjectID
    public var projectName: String
    /// What stood between the agent and the machine when the session was created. The project's own choice may have
    /// changed since; everything about this session goes by this one.
    public var sandbox: Project.Sandbox
    public var user: UserID
    public var agent: String
    /// Whose credential the agent works with; `nil` for one that needs none.
    public var provider: Provider?
    /// What the agent may do without asking.
    public var permissions: PermissionMode
    /// The model that it works with, by the agent's name for it; `nil` for the agent's own choice.
    public var model: String?
    /// The session that this one goes on with.
    public var continues: SessionID?
    /// The commit that its workspace starts from; `nil` for the newest of the repository.
    var startCommit: String?
    /// Where its agent keeps a sign-in, in its home; `nil` for one that keeps none.
    var signInFile: String?
    /// The first words of the task.
    public var title: String
    public var branch: String
    public var state: SessionState
    /// UTC milliseconds.
    public var createdAt: Int64
    public var updatedAt: Int64

    init(_ row: Row) throws {
        id = try row.parsed("id")
        project = try row.parsed("project_id")
        projectName = try row.text("project_name")
        sandbox = try row.parsed("sandbox")
        user = try row.parsed("user_id")
        agent = try row.text("agent")
        provider = try row.optionalText("provider").flatMap(Provider.init(rawValue:))
        permissions = try row.parsed("permissions")
        model = try row.optionalText("model")
        continues = try row.optionalText("continues").map(SessionID.init(rawValue:))
        startCommit = try row.optionalText("start_commit")
        signInFile = try row.optionalText("sign_in_file")
        title = try row.text("title")
        branch = try row.text("branch")
        state = try SessionState(of: row)
        createdAt = Int64(try row.integer("created_at"))
        updatedAt = Int64(try row.integer("updated_at"))
    }

    static let columns = "s.*, p.name AS project_name"
}

extension SessionID: SQLBindable {}
extension PromptID: SQLBindable {}
extension PermissionMode: SQLBindable {}
