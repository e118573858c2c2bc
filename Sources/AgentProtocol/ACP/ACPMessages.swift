import Foundation

/// The part of the Agent Client Protocol, version 1, that SAM uses.
///
/// From the protocol's published text and schema (https://agentclientprotocol.com, `schema/v1/schema.json`). Fields that SAM does not use
/// are left out; unknown ones are ignored when read, as the protocol requires.
public enum ACP {
    /// The version that SAM speaks, as sent on the wire.
    public static let version = 1

    /// Method names in both directions.
    public enum Method {
        /// Opens the connection and exchanges capabilities.
        public static let initialize = "initialize"
        /// Opens a conversation.
        public static let newSession = "session/new"
        /// Opens an earlier conversation.
        public static let loadSession = "session/load"
        /// Starts a turn.
        public static let prompt = "session/prompt"
        /// Cancels the running turn.
        public static let cancel = "session/cancel"
        /// Notifies the client of the agent's progress.
        public static let update = "session/update"
        /// Asks the client for a permission.
        public static let requestPermission = "session/request_permission"
        /// Cancels a request.
        public static let cancelRequest = "$/cancel_request"
    }

    /// The program at one end.
    public struct Implementation: Sendable, Hashable, Codable {
        /// The program's identifier.
        public var name: String
        /// The name for people.
        public var title: String?
        /// The program's version.
        public var version: String?

        /// Creates a description of a program.
        public init(name: String, title: String? = nil, version: String? = nil) {
            self.name = name
            self.title = title
            self.version = version
        }
    }

    /// The client's first request.
    public struct InitializeRequest: Sendable, Hashable, Codable {
        /// The newest protocol version that the client supports.
        public var protocolVersion: Int
        /// The client's capabilities.
        public var clientCapabilities: JSONValue?
        /// The client's name and version.
        public var clientInfo: Implementation?

        /// Creates a request.
        public init(protocolVersion: Int, clientCapabilities: JSONValue?, clientInfo: Implementation?) {
            self.protocolVersion = protocolVersion
            self.clientCapabilities = clientCapabilities
            self.clientInfo = clientInfo
        }
    }

    /// The agent's answer to ``InitializeRequest``.
    public struct InitializeResponse: Sendable, Hashable, Codable {
        /// The protocol version that the agent chose.
        public var protocolVersion: Int
        /// The agent's capabilities.
        public var agentCapabilities: JSONValue?
        /// The agent's name and version.
        public var agentInfo: Implementation?
        /// The ways to sign in that the agent offers.
        public var authMethods: JSONValue?

        /// Creates an answer.
        public init(
            protocolVersion: Int, agentCapabilities: JSONValue?, agentInfo: Implementation?, authMethods: JSONValue?
        ) {
            self.protocolVersion = protocolVersion
            self.agentCapabilities = agentCapabilities
            self.agentInfo = agentInfo
            self.authMethods = authMethods
        }
    }

    /// Opens a conversation in a folder.
    public struct NewSessionRequest: Sendable, Hashable, Codable {
        /// An absolute path.
        public var cwd: String
        /// The MCP servers that the agent connects to.
        public var mcpServers: [JSONValue]

        /// Creates a request.
        public init(cwd: String, mcpServers: [JSONValue] = []) {
            self.cwd = cwd
            self.mcpServers = mcpServers
        }
    }

    /// Opens an earlier conversation.
    public struct LoadSessionRequest: Sendable, Hashable, Codable {
        /// The conversation's id.
        public var sessionId: String
        /// An absolute path.
        public var cwd: String
        /// The MCP servers that the agent connects to.
        public var mcpServers: [JSONValue]

        /// Creates a request.
        public init(sessionId: String, cwd: String, mcpServers: [JSONValue] = []) {
            self.sessionId = sessionId
            self.cwd = cwd
            self.mcpServers = mcpServers
        }
    }

    /// The answer to ``NewSessionRequest``.
    public struct NewSessionResponse: Sendable, Hashable, Codable {
        /// The conversation's id, chosen by the agent.
        public var sessionId: String

        /// Creates an answer.
        public init(sessionId: String) {
            self.sessionId = sessionId
        }
    }

    /// A part of a prompt: a text or an image.
    public struct ContentBlock: Sendable, Hashable, Codable {
        /// `text` or `image`.
        public var type: String
        /// The text.
        public var text: String?
        /// The image's media type.
        public var mimeType: String?
        /// The image in base64.
        public var data: String?

        /// An image, for an agent that accepts them.
        public static func image(_ image: PromptImage) -> ContentBlock {
            ContentBlock(type: "image", mimeType: image.mediaType.rawValue, data: image.data.base64EncodedString())
        }

        /// A block of text.
        public static func text(_ text: String) -> ContentBlock { ContentBlock(type: "text", text: text) }
    }

    /// Starts a turn with a prompt.
    public struct PromptRequest: Sendable, Hashable, Codable {
        /// The conversation's id.
        public var sessionId: String
        /// The parts of the prompt.
        public var prompt: [ContentBlock]

        /// Creates a request.
        public init(sessionId: String, prompt: [ContentBlock]) {
            self.sessionId = sessionId
            self.prompt = prompt
        }
    }

    /// The answer to ``PromptRequest``, at the end of the turn.
    public struct PromptResponse: Sendable, Hashable, Codable {
        /// `end_turn`, `max_tokens`, `max_turn_requests`, `refusal` or `cancelled`.
        public var stopReason: String

        /// Creates an answer.
        public init(stopReason: String) {
            self.stopReason = stopReason
        }
    }

    /// Stops the running turn.
    public struct CancelNotification: Sendable, Hashable, Codable {
        /// The conversation's id.
        public var sessionId: String

        /// Creates a notification.
        public init(sessionId: String) {
            self.sessionId = sessionId
        }
    }
}
