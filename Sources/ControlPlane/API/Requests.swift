import Accounts
import AgentProtocol
import Credentials
import Foundation
import HTTPTypes
import Sessions
import Workspaces

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

/// The body of `POST /api/v1/sessions`.
public struct NewSession: Sendable, Codable {
    /// A project's id or name.
    public var project: String?
    /// A URL or an absolute path, instead of a project. A missing project is added together with the session.
    public var repository: String?
    /// The agent's id.
    public var agent: String?
    /// The provider whose credential the agent uses; the agent's usual one if missing.
    public var provider: String?
    /// The first prompt.
    public var prompt: String?
    /// The images of the prompt.
    public var images: [NewImage]?
    /// When the session ends.
    public var ending: SessionState.Ending?
    /// The actions that the agent may take without asking; as in the settings if missing.
    public var permissions: PermissionMode?
    /// `fast`, `strong`, or a name that the agent accepts; as in the settings if missing.
    public var model: String?
    /// Uncommitted changes of a repository on the server's machine, from which the session starts.
    public var changes: NewChanges?

    /// Creates a body.
    public init(
        project: String? = nil, repository: String? = nil, agent: String? = nil, provider: String? = nil, prompt: String? = nil,
        images: [NewImage]? = nil,
        ending: SessionState.Ending? = nil, permissions: PermissionMode? = nil, model: String? = nil,
        changes: NewChanges? = nil
    ) {
        self.changes = changes
        self.project = project
        self.repository = repository
        self.agent = agent
        self.provider = provider
        self.prompt = prompt
        self.images = images
        self.ending = ending
        self.permissions = permissions
        self.model = model
    }
}

/// Uncommitted changes, in the body of a call that starts a session.
public struct NewChanges: Sendable, Codable {
    /// A commit whose parent the repository has.
    public var commit: String
    /// The objects that the repository lacks, as a git pack in base64.
    public var pack: String

    /// Creates the JSON form of changes.
    public init(_ changes: CarriedChanges) {
        commit = changes.commit
        pack = changes.pack.base64EncodedString()
    }

    /// Decodes the changes.
    ///
    /// - Throws: `Problem` or `WorkspaceError` if they are invalid.
    func checked(for project: Project) throws -> CarriedChanges {
        guard case .local = try RepositoryLocation(project.repository) else {
            throw Problem(.badRequest, "Changes are brought from a repository on the server's machine; \(project.name) has another.")
        }
        guard let data = Data(base64Encoded: pack) else { throw Problem(.badRequest, "The pack of the changes is not in base64.") }
        return try CarriedChanges(commit: commit, pack: data)
    }
}

/// The body of `POST /api/v1/sessions/{id}/resume`.
public struct Resumption: Sendable, Codable {
    /// The first prompt.
    public var prompt: String
    /// The images of the prompt.
    public var images: [NewImage]?
    /// When the session ends.
    public var ending: SessionState.Ending?
    /// The actions that the agent may take without asking; those of the earlier session if missing.
    public var permissions: PermissionMode?

    /// Creates a body.
    public init(prompt: String, images: [NewImage]? = nil, ending: SessionState.Ending? = nil, permissions: PermissionMode? = nil) {
        self.prompt = prompt
        self.images = images
        self.ending = ending
        self.permissions = permissions
    }
}

/// The body of `POST /api/v1/sessions/{id}/prompts`.
public struct NewPrompt: Sendable, Codable {
    /// The prompt's text.
    public var text: String
    /// The images of the prompt. A prompt that is changed keeps its images.
    public var images: [NewImage]?

    /// Creates a body.
    public init(text: String, images: [NewImage]? = nil) {
        self.text = text
        self.images = images
    }
}

/// An image in the body of a call with a prompt.
public struct NewImage: Sendable, Codable {
    /// The declared media type, which must match the bytes.
    public var mediaType: String?
    /// The image in base64.
    public var data: String

    /// Creates the JSON form of an image.
    public init(_ image: PromptImage) {
        mediaType = image.mediaType.rawValue
        data = image.data.base64EncodedString()
    }
}

extension Array where Element == NewImage {
    /// Decodes and checks the images.
    ///
    /// - Throws: `Problem` that names the first invalid image, or the limit.
    func checked() throws -> [PromptImage] {
        do {
            let images = try enumerated().map { number, image in
                guard let data = Data(base64Encoded: image.data) else {
                    throw Problem(.badRequest, "The data of image \(number + 1) is not in base64.")
                }
                return try PromptImage(checking: data, name: "Image \(number + 1)", declared: image.mediaType)
            }
            try PromptImage.check(images)
            return images
        } catch let refusal as PromptImage.Refusal {
            throw Problem(.badRequest, refusal.description)
        }
    }
}

/// The body of `POST /api/v1/sessions/{id}/questions/{question}`.
public struct NewAnswer: Sendable, Codable {
    /// The id of an option, for permission requests.
    public var option: String?
    /// The answer to a question for a text, or a text that goes with an option.
    public var text: String?
    /// The answers to an inquiry, by the ids of its items: labels of choices, or free text.
    public var answers: [String: [String]]?

    /// Creates a body.
    public init(option: String? = nil, text: String? = nil, answers: [String: [String]]? = nil) {
        self.option = option
        self.text = text
        self.answers = answers
    }
}

/// The body of `PUT /api/v1/settings/{key}` and of its `/off` and `/on`.
public struct SettingChange: Sendable, Codable {
    /// The scope to change.
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// The new value, for `PUT`.
    public var value: String?
    /// The reason, for `/off`.
    public var reason: String?

    /// Creates a body.
    public init(scope: Scope, project: String? = nil, value: String? = nil, reason: String? = nil) {
        self.scope = scope
        self.project = project
        self.value = value
        self.reason = reason
    }
}

/// The body of `PUT /api/v1/credentials/{provider}` and of its `/off`, `/on`, `/remove` and `/clear`.
public struct CredentialRequest: Sendable, Codable {
    /// The scope to change.
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// The secret, for `PUT`.
    public var secret: SecretInTransit?
    /// A label for people, for `PUT`.
    public var label: String?
    /// The time at which the secret expires, in UTC milliseconds.
    public var expiresAt: Int64?
    /// The reason, for `/off`.
    public var reason: String?
    /// Whether to report the effect without making the change.
    public var dryRun: Bool?

    /// Creates a body.
    public init(
        scope: Scope, project: String? = nil, secret: SecretInTransit? = nil, label: String? = nil, expiresAt: Int64? = nil,
        reason: String? = nil, dryRun: Bool? = nil
    ) {
        self.scope = scope
        self.project = project
        self.secret = secret
        self.label = label
        self.expiresAt = expiresAt
        self.reason = reason
        self.dryRun = dryRun
    }
}

/// The body of `POST /api/v1/credentials/{provider}/recover`.
public struct RecoveryRequest: Sendable, Codable {
    /// The scope of the credential.
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// The session whose rotation is meant; the newest rotation if missing.
    public var session: String?
    /// Whether to discard the rotation instead.
    public var discard: Bool?

    /// Creates a body.
    public init(scope: Scope, project: String? = nil, session: String? = nil, discard: Bool? = nil) {
        self.scope = scope
        self.project = project
        self.session = session
        self.discard = discard
    }
}

/// The body of `POST /api/v1/users`.
public struct NewUser: Sendable, Codable {
    /// The user's name.
    public var name: String
    /// The user's role; `member` if missing.
    public var role: User.Role?

    /// Creates a body.
    public init(name: String, role: User.Role? = nil) {
        self.name = name
        self.role = role
    }
}

/// A new user and their first token, which is not shown again.
public struct CreatedUser: Sendable, Codable {
    /// The user.
    public var user: UserView
    /// The token.
    public var token: String
}

/// The body of `PATCH /api/v1/users/{id}`.
public struct UserChange: Sendable, Codable {
    /// The new role.
    public var role: User.Role

    /// Creates a body.
    public init(role: User.Role) {
        self.role = role
    }
}

/// The body of `POST /api/v1/projects/{id}/members`.
public struct NewMember: Sendable, Codable {
    /// A user's id or name.
    public var user: String
    /// The role; if missing, a new member gets `member` and others keep theirs.
    public var role: ProjectRole?

    /// Creates a body.
    public init(user: String, role: ProjectRole? = nil) {
        self.user = user
        self.role = role
    }
}

/// The body of `PATCH /api/v1/projects/{id}/members/{user}`.
public struct MemberChange: Sendable, Codable {
    /// The new role.
    public var role: ProjectRole

    /// Creates a body.
    public init(role: ProjectRole) {
        self.role = role
    }
}

/// The body of `POST /api/v1/tokens`.
public struct NewToken: Sendable, Codable {
    /// The token's purpose.
    public var name: String
    /// The id or name of the token's user, for administrators; the caller if missing.
    public var user: String?

    /// Creates a body.
    public init(name: String, user: String? = nil) {
        self.name = name
        self.user = user
    }
}

/// A new token, which is not shown again.
public struct CreatedToken: Sendable, Codable {
    /// The token.
    public var token: String
}

/// The server's description of itself.
public struct ServerView: Sendable, Codable {
    /// The version of SAM.
    public var version: String
    /// The home's path; for administrators only.
    public var home: String?
    /// The server's URL.
    public var url: String
    /// The URL for workspaces on other machines; missing if there is none.
    public var remote: String?
    /// The idle time in seconds after which the server exits; missing for never.
    public var idleExit: Int?
    /// The process id; for administrators only.
    public var process: Int32?
}

extension ServerView {
    /// The view for users who are no administrators: without what they could use only on the machine itself.
    var forMembers: ServerView {
        var view = self
        (view.home, view.process) = (nil, nil)
        return view
    }
}
