/// A command of the control plane to a runner.
public enum AgentCommand: Sendable, Hashable, Codable {
    /// Hand this prompt to the agent. Sent only when no turn is running.
    case prompt(Prompt)
    /// Stop the running turn; the session continues.
    case cancelTurn
    /// A person's answer to a permission request.
    case answer(Answer)
    /// A person's answers to an inquiry.
    case reply(Reply)
    /// Stop everything that runs outside the agent's turns.
    case stopBackground
    /// Apply this permission mode from now on. It must be stricter than the current one; others are ignored.
    case permissions(PermissionMode)
    /// End the agent: first by request, then by force.
    case stop

    /// A prompt and the id that its events carry.
    public struct Prompt: Sendable, Hashable, Codable {
        /// The prompt's id.
        public var id: PromptID
        /// The prompt's text.
        public var text: String
        /// The images that go with it; `nil` if there are none.
        public var images: [PromptImage]?

        /// Creates a prompt.
        public init(id: PromptID, text: String, images: [PromptImage]? = nil) {
            self.id = id
            self.text = text
            self.images = images
        }
    }

    /// An answer to a ``Permission``.
    public struct Answer: Sendable, Hashable, Codable {
        /// The permission's id.
        public var permission: String
        /// The id of the chosen option.
        public var option: String
        /// The person's words, for an agent that accepts them: why not, or what to do instead.
        public var text: String?

        /// Creates an answer.
        public init(permission: String, option: String, text: String? = nil) {
            self.permission = permission
            self.option = option
            self.text = text
        }
    }

    /// Answers to an ``Inquiry``.
    public struct Reply: Sendable, Hashable, Codable {
        /// The inquiry's id.
        public var inquiry: String
        /// The answers by the ids of the items: labels of choices, or free text.
        public var answers: [String: [String]]

        /// Creates a reply.
        public init(inquiry: String, answers: [String: [String]]) {
            self.inquiry = inquiry
            self.answers = answers
        }
    }
}
