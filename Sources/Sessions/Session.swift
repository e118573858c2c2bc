import Accounts
import AgentProtocol
import Credentials
import Store

/// A session as it is listed and shown.
public struct Session: Sendable {
    /// The session's id.
    public var id: SessionID
    /// The project that it belongs to.
    public var project: ProjectID
    /// The project's name.
    public var projectName: String
    /// The sandbox around the agent. The project's own choice may have changed since the session was created; only this one applies to the
    /// session.
    public var sandbox: Project.Sandbox
    /// The user who created it.
    public var user: UserID
    /// The agent's id in the catalogue.
    public var agent: String
    /// The provider whose credential the agent uses; `nil` when it needs none.
    public var provider: Provider?
    /// What the agent may do without asking.
    public var permissions: PermissionMode
    /// The model, by the agent's name for it; `nil` for the agent's own choice.
    public var model: String?
    /// The session that this one continues.
    public var continues: SessionID?
    /// The commit that its workspace starts from; `nil` for the newest of the repository.
    var startCommit: String?
    /// The path of its agent's sign-in file in its home; `nil` when it has none.
    var signInFile: String?
    /// The first words of the task.
    public var title: String
    /// The branch for its result.
    public var branch: String
    /// The current state.
    public var state: SessionState
    /// When it was created, in UTC milliseconds.
    public var createdAt: Int64
    /// When its state was last saved, in UTC milliseconds.
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
