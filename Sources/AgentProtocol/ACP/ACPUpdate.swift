extension ACP {
    /// The agent's report of its progress.
    public struct UpdateNotification: Sendable, Hashable, Codable {
        /// The conversation's id.
        public var sessionId: String
        /// The update as JSON; see ``Update``.
        public var update: JSONValue

        /// Creates a notification.
        ///
        /// - Throws: when the update can't be encoded.
        public init(sessionId: String, update: Update) throws {
            self.sessionId = sessionId
            self.update = try JSONValue(encoding: update)
        }
    }

    /// The updates that SAM reads and scout writes. Others are kept as raw JSON.
    ///
    /// One struct has the fields of all variants, as on the wire: `sessionUpdate` names the variant, and its fields are beside it.
    public struct Update: Sendable, Hashable, Codable {
        /// The variant.
        public var sessionUpdate: String
        /// The message that a chunk belongs to.
        public var messageId: String?
        /// A chunk's content block, or a tool call's results.
        public var content: JSONValue?
        /// The tool call's id.
        public var toolCallId: String?
        /// The tool call's title.
        public var title: String?
        /// The tool call's kind.
        public var kind: String?
        /// The tool call's status.
        public var status: String?
        /// The places in files that the tool call concerns.
        public var locations: [Location]?
        /// The plan's steps.
        public var entries: [PlanEntry]?

        /// A piece of the agent's message.
        public static let messageChunk = "agent_message_chunk"
        /// A piece of the agent's reasoning.
        public static let thoughtChunk = "agent_thought_chunk"
        /// A piece of the user's message.
        public static let userChunk = "user_message_chunk"
        /// A new tool call.
        public static let toolCall = "tool_call"
        /// Changed fields of a tool call.
        public static let toolCallUpdate = "tool_call_update"
        /// The complete plan.
        public static let plan = "plan"
        /// Token usage and cost.
        public static let usage = "usage_update"

        /// Creates an update of a variant; its fields are set afterwards.
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

        /// The complete plan, which replaces the earlier one.
        public static func plan(_ entries: [PlanEntry]) -> Update {
            var update = Update(plan)
            update.entries = entries
            return update
        }
    }

    /// A place in a file.
    public struct Location: Sendable, Hashable, Codable {
        /// The file's path.
        public var path: String
        /// The line, counted from 1.
        public var line: Int?

        /// Creates a location.
        public init(path: String, line: Int? = nil) {
            self.path = path
            self.line = line
        }
    }

    /// A step of a plan.
    public struct PlanEntry: Sendable, Hashable, Codable {
        /// The step in words.
        public var content: String
        /// `high`, `medium` or `low`.
        public var priority: String
        /// `pending`, `in_progress` or `completed`.
        public var status: String

        /// Creates a step.
        public init(content: String, priority: String = "medium", status: String) {
            self.content = content
            self.priority = priority
            self.status = status
        }
    }
}
