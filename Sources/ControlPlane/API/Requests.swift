import Accounts
import AgentProtocol
import Sessions
import Workspaces

/// The body of `POST /api/v1/projects`.
public struct NewProject: Sendable, Codable {
    /// A URL or an absolute path.
    public var repository: String
    public var name: String?
    public var sandbox: Project.Sandbox?

    /// Asks for a project.
    public init(repository: String, name: String? = nil, sandbox: Project.Sandbox? = nil) {
        self.repository = repository
        self.name = name
        self.sandbox = sandbox
    }
}

/// The body of `PATCH /api/v1/projects/{id}`.
public struct ProjectChange: Sendable, Codable {
    public var sandbox: Project.Sandbox

    /// Asks for a change.
    public init(sandbox: Project.Sandbox) {
        self.sandbox = sandbox
    }
}

/// The body of `POST /api/v1/sessions`.
public struct NewSession: Sendable, Codable {
    /// A project's id or name.
    public var project: String
    public var agent: String?
    public var prompt: String?
    public var ending: SessionState.Ending?

    /// Asks for a session.
    public init(project: String, agent: String? = nil, prompt: String? = nil, ending: SessionState.Ending? = nil) {
        self.project = project
        self.agent = agent
        self.prompt = prompt
        self.ending = ending
    }
}

/// The body of `POST /api/v1/sessions/{id}/prompts`.
public struct NewPrompt: Sendable, Codable {
    public var text: String

    /// Asks something.
    public init(text: String) {
        self.text = text
    }
}

/// A prompt that was kept.
public struct PromptView: Sendable, Codable {
    public var id: PromptID
}

/// The body of `PUT /api/v1/settings/{key}` and of its `/off` and `/on`.
public struct SettingChange: Sendable, Codable {
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    public var value: String?
    public var reason: String?

    /// Asks for a change.
    public init(scope: Scope, project: String? = nil, value: String? = nil, reason: String? = nil) {
        self.scope = scope
        self.project = project
        self.value = value
        self.reason = reason
    }
}

/// What a server tells of itself.
public struct ServerView: Sendable, Codable {
    public var version: String
    public var home: String
    public var url: String
    public var process: Int32
}

/// Lists, each under its own name.
public enum Listing {
    public struct Projects: Sendable, Codable { public var projects: [ProjectView] }
    public struct Sessions: Sendable, Codable { public var sessions: [SessionView] }
    public struct Agents: Sendable, Codable {
        public var agents: [AgentView]
        /// Mistakes in the catalogue's files.
        public var problems: [String]
    }
    public struct Settings: Sendable, Codable { public var settings: [SettingView] }
    public struct Events: Sendable, Codable { public var events: [SessionEvent] }
    public struct Changes: Sendable, Codable { public var files: [FileChange] }
}
