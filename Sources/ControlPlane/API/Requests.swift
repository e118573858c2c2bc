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
    public var project: String?
    /// Instead of a project: a URL or an absolute path. A missing project is added together with the session.
    public var repository: String?
    public var agent: String?
    /// Whose credential the agent works with; its usual one when this is missing.
    public var provider: String?
    public var prompt: String?
    /// What goes with the prompt.
    public var images: [NewImage]?
    public var ending: SessionState.Ending?
    /// What the agent may do without asking; what the settings say when this is missing.
    public var permissions: PermissionMode?
    /// `fast`, `strong`, or a name that the agent takes; what the settings say when this is missing.
    public var model: String?
    /// What was not committed in a repository on the server's machine. The session starts from it.
    public var changes: NewChanges?

    /// Asks for a session.
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

/// Changes that are not committed, in the body of a call that starts a session.
public struct NewChanges: Sendable, Codable {
    /// A commit on top of one that the repository has.
    public var commit: String
    /// What the repository lacks, as git packs it, in base64.
    public var pack: String

    /// Sends changes.
    public init(_ changes: CarriedChanges) {
        commit = changes.commit
        pack = changes.pack.base64EncodedString()
    }

    /// The changes themselves.
    ///
    /// - Throws: `Problem` or `WorkspaceError` with what is wrong with them.
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
    public var prompt: String
    /// What goes with the prompt.
    public var images: [NewImage]?
    public var ending: SessionState.Ending?

    /// Asks to go on.
    public init(prompt: String, images: [NewImage]? = nil, ending: SessionState.Ending? = nil) {
        self.prompt = prompt
        self.images = images
        self.ending = ending
    }
}

/// The body of `POST /api/v1/sessions/{id}/prompts`.
public struct NewPrompt: Sendable, Codable {
    public var text: String
    /// What goes with it. A prompt that is changed keeps those that it has.
    public var images: [NewImage]?

    /// Asks something.
    public init(text: String, images: [NewImage]? = nil) {
        self.text = text
        self.images = images
    }
}

/// An image in the body of a call that takes a prompt.
public struct NewImage: Sendable, Codable {
    /// What it is said to be; its bytes decide.
    public var mediaType: String?
    /// In base64.
    public var data: String

    /// Sends an image.
    public init(_ image: PromptImage) {
        mediaType = image.mediaType.rawValue
        data = image.data.base64EncodedString()
    }
}

extension Array where Element == NewImage {
    /// The images themselves.
    ///
    /// - Throws: `Problem` that names the first that is no image, or the limit.
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
    /// The id of one of the question's options, where it asks to be allowed something.
    public var option: String?
    /// The answer to a question for a text, or what is said with an option.
    public var text: String?
    /// The answers to an inquiry, by the ids of its items: labels of choices, or texts.
    public var answers: [String: [String]]?

    /// Answers.
    public init(option: String? = nil, text: String? = nil, answers: [String: [String]]? = nil) {
        self.option = option
        self.text = text
        self.answers = answers
    }
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

/// The body of `PUT /api/v1/credentials/{provider}` and of its `/off`, `/on`, `/remove` and `/clear`.
public struct CredentialWish: Sendable, Codable {
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// With `PUT` alone.
    public var secret: SecretInTransit?
    public var label: String?
    /// UTC milliseconds.
    public var expiresAt: Int64?
    public var reason: String?
    /// Tells what would come of it, and does nothing.
    public var dryRun: Bool?

    /// Asks for a change.
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
public struct RecoveryWish: Sendable, Codable {
    public var scope: Scope
    public var project: String?
    /// Whose rotation; the newest when this is missing.
    public var session: String?
    /// Throws it away instead.
    public var discard: Bool?

    /// Asks for a rotation that is held.
    public init(scope: Scope, project: String? = nil, session: String? = nil, discard: Bool? = nil) {
        self.scope = scope
        self.project = project
        self.session = session
        self.discard = discard
    }
}

/// The body of `POST /api/v1/users`.
public struct NewUser: Sendable, Codable {
    public var name: String
    public var role: User.Role?

    /// Asks for a user.
    public init(name: String, role: User.Role? = nil) {
        self.name = name
        self.role = role
    }
}

/// A user who was added, with their first token. It is not shown again.
public struct CreatedUser: Sendable, Codable {
    public var user: UserView
    public var token: String
}

/// The body of `PATCH /api/v1/users/{id}`.
public struct UserChange: Sendable, Codable {
    public var role: User.Role

    /// Asks for a change.
    public init(role: User.Role) {
        self.role = role
    }
}

/// The body of `POST /api/v1/projects/{id}/members`.
public struct NewMember: Sendable, Codable {
    /// A user's id or name.
    public var user: String
    /// The role that they get; when this is missing, a newcomer is a member and others stay what they are.
    public var role: ProjectRole?

    /// Names a user.
    public init(user: String, role: ProjectRole? = nil) {
        self.user = user
        self.role = role
    }
}

/// The body of `PATCH /api/v1/projects/{id}/members/{user}`.
public struct MemberChange: Sendable, Codable {
    public var role: ProjectRole

    /// Asks for a change.
    public init(role: ProjectRole) {
        self.role = role
    }
}

/// The body of `POST /api/v1/tokens`.
public struct NewToken: Sendable, Codable {
    public var name: String
    /// Whose, for administrators; the asker's own when this is missing.
    public var user: String?

    /// Names a token.
    public init(name: String, user: String? = nil) {
        self.name = name
        self.user = user
    }
}

/// A token that was made. It is not shown again.
public struct CreatedToken: Sendable, Codable {
    public var token: String
}

/// What a server tells of itself.
public struct ServerView: Sendable, Codable {
    public var version: String
    public var home: String
    public var url: String
    /// Where workspaces on other machines reach it; missing for nowhere.
    public var remote: String?
    /// After how many seconds without anything to do it ends by itself; missing for never.
    public var idleExit: Int?
    public var process: Int32
}
