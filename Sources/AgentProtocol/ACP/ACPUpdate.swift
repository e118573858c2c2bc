extension ACP {
    /// What an agent tells while it works.
    public struct UpdateNotification: Sendable, Hashable, Codable {
        public var sessionId: String
        public var update: JSONValue

        /// Makes the notification.
        public init(sessionId: String, update: Update) throws {
            self.sessionId = sessionId
            self.update = try JSONValue(encoding: update)
        }
    }

    /// The updates that SAM reads and scout writes. Others exist and are kept raw.
    ///
    /// One struct with the fields of all variants, because that is how they stand on the wire: the variant
    /// is named by `sessionUpdate` and its fields stand beside it.
    public struct Update: Sendable, Hashable, Codable {
        public var sessionUpdate: String
        public var messageId: String?
        public var content: JSONValue?
        public var toolCallId: String?
        public var title: String?
        public var kind: String?
        public var status: String?
        public var locations: [Location]?
        public var entries: [PlanEntry]?

        public static let messageChunk = "agent_message_chunk"
        public static let thoughtChunk = "agent_thought_chunk"
        public static let userChunk = "user_message_chunk"
        public static let toolCall = "tool_call"
        public static let toolCallUpdate = "tool_call_update"
        public static let plan = "plan"
        public static let usage = "usage_update"

        /// Makes an update of a variant; its fields are set afterwards.
        public init(_ sessionUpdate: String) {
            self.sessionUpdate = sessionUpdate
        }

        /// A piece of the agent's message.
        public static func message(_ text: String, id: String) -> Update {
            var update = Update(messageChunk)
            update.messageId = id
            update.content = .object(["type": .string("text"), "text": .string(text)])
            return update
        }

        /// The whole plan, which replaces the one before.
        public static func plan(_ entries: [PlanEntry]) -> Update {
            var update = Update(plan)
            update.entries = entries
            return update
        }
    }

    /// A place in a file.
    public struct Location: Sendable, Hashable, Codable {
        public var path: String
        public var line: Int?

        /// Names a place; lines count from 1.
        public init(path: String, line: Int? = nil) {
            self.path = path
            self.line = line
        }
    }

    /// A step of a plan.
    public struct PlanEntry: Sendable, Hashable, Codable {
        public var content: String
        /// `high`, `medium` or `low`.
        public var priority: String
        /// `pending`, `in_progress` or `completed`.
        public var status: String

        /// Makes a step.
        public init(content: String, priority: String = "medium", status: String) {
            self.content = content
            self.priority = priority
            self.status = status
        }
    }
}
