/// What the control plane asks of a runner.
public enum AgentCommand: Sendable, Hashable, Codable {
    /// Hand this prompt to the agent. Sent only when no turn is running.
    case prompt(Prompt)
    /// Stop the running turn; the session goes on.
    case cancelTurn
    /// A person's answer to what the agent asked to be allowed.
    case answer(Answer)
    /// A person's answers to what the agent asked.
    case reply(Reply)
    /// Stop what runs beside the agent's turns.
    case stopBackground
    /// From here on the agent may do this much without asking, which is less than before.
    case permissions(PermissionMode)
    /// End the agent: first politely, then by force.
    case stop

    /// A prompt with the id that its events will carry.
    public struct Prompt: Sendable, Hashable, Codable {
        public var id: PromptID
        public var text: String
        /// What the person shows with it; `nil` when nothing.
        public var images: [PromptImage]?

        /// Makes a prompt.
        public init(id: PromptID, text: String, images: [PromptImage]? = nil) {
            self.id = id
            self.text = text
            self.images = images
        }
    }

    /// An answer, by the ids of the permission and of one of its options.
    public struct Answer: Sendable, Hashable, Codable {
        public var permission: String
        public var option: String
        /// What the person says with it, for an agent that takes words: why not, or what to do instead.
        public var text: String?

        /// Answers.
        public init(permission: String, option: String, text: String? = nil) {
            self.permission = permission
            self.option = option
            self.text = text
        }
    }

    /// Answers to an ``Inquiry``.
    public struct Reply: Sendable, Hashable, Codable {
        public var inquiry: String
        /// By the ids of its items: labels of choices, or texts.
        public var answers: [String: [String]]

        /// Answers.
        public init(inquiry: String, answers: [String: [String]]) {
            self.inquiry = inquiry
            self.answers = answers
        }
    }
}
