import Accounts
import AgentProtocol
import Foundation
import Sessions
import Workspaces

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
