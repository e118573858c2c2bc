import Foundation

/// The Agent Client Protocol, version 1, as far as SAM speaks it.
///
/// From the protocol's published text and schema (https://agentclientprotocol.com, `schema/v1/schema.json`).
/// Fields that SAM does not use are left out; unknown ones are ignored when read, as the protocol asks.
public enum ACP {
    /// The version that SAM speaks, the integer on the wire.
    public static let version = 1

    /// Method names, client to agent and back.
    public enum Method {
        public static let initialize = "initialize"
        public static let newSession = "session/new"
        public static let loadSession = "session/load"
        public static let prompt = "session/prompt"
        public static let cancel = "session/cancel"
        public static let update = "session/update"
        public static let requestPermission = "session/request_permission"
        public static let cancelRequest = "$/cancel_request"
    }

    /// The program at one end.
    public struct Implementation: Sendable, Hashable, Codable {
        public var name: String
        public var title: String?
        public var version: String?

        /// Names a program.
        public init(name: String, title: String? = nil, version: String? = nil) {
            self.name = name
            self.title = title
            self.version = version
        }
    }

    /// What a client tells of itself first.
    public struct InitializeRequest: Sendable, Hashable, Codable {
        public var protocolVersion: Int
        public var clientCapabilities: JSONValue?
        public var clientInfo: Implementation?

        /// Makes the request.
        public init(protocolVersion: Int, clientCapabilities: JSONValue?, clientInfo: Implementation?) {
            self.protocolVersion = protocolVersion
            self.clientCapabilities = clientCapabilities
            self.clientInfo = clientInfo
        }
    }

    /// What an agent answers.
    public struct InitializeResponse: Sendable, Hashable, Codable {
        public var protocolVersion: Int
        public var agentCapabilities: JSONValue?
        public var agentInfo: Implementation?
        public var authMethods: JSONValue?

        /// Makes the answer.
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
        public var mcpServers: [JSONValue]

        /// Makes the request.
        public init(cwd: String, mcpServers: [JSONValue] = []) {
            self.cwd = cwd
            self.mcpServers = mcpServers
        }
    }

    /// Opens a conversation of before again.
    public struct LoadSessionRequest: Sendable, Hashable, Codable {
        public var sessionId: String
        /// An absolute path.
        public var cwd: String
        public var mcpServers: [JSONValue]

        /// Makes the request.
        public init(sessionId: String, cwd: String, mcpServers: [JSONValue] = []) {
            self.sessionId = sessionId
            self.cwd = cwd
            self.mcpServers = mcpServers
        }
    }

    /// The conversation's id, the agent's own.
    public struct NewSessionResponse: Sendable, Hashable, Codable {
        public var sessionId: String

        /// Makes the answer.
        public init(sessionId: String) {
            self.sessionId = sessionId
        }
    }

    /// A piece of a prompt: a text or an image.
    public struct ContentBlock: Sendable, Hashable, Codable {
        public var type: String
        public var text: String?
        public var mimeType: String?
        /// In base64.
        public var data: String?

        /// An image, for an agent that takes them.
        public static func image(_ image: PromptImage) -> ContentBlock {
            ContentBlock(type: "image", mimeType: image.mediaType.rawValue, data: image.data.base64EncodedString())
        }

        /// A block of text.
        public static func text(_ text: String) -> ContentBlock { ContentBlock(type: "text", text: text) }
    }

    /// One turn's question.
    public struct PromptRequest: Sendable, Hashable, Codable {
        public var sessionId: String
        public var prompt: [ContentBlock]

        /// Makes the request.
        public init(sessionId: String, prompt: [ContentBlock]) {
            self.sessionId = sessionId
            self.prompt = prompt
        }
    }

    /// How a turn ended: `end_turn`, `max_tokens`, `max_turn_requests`, `refusal` or `cancelled`.
    public struct PromptResponse: Sendable, Hashable, Codable {
        public var stopReason: String

        /// Makes the answer.
        public init(stopReason: String) {
            self.stopReason = stopReason
        }
    }

    /// Stops the running turn.
    public struct CancelNotification: Sendable, Hashable, Codable {
        public var sessionId: String

        /// Makes the notification.
        public init(sessionId: String) {
            self.sessionId = sessionId
        }
    }
}
