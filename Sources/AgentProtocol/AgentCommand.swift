/// What the control plane asks of a runner.
public enum AgentCommand: Sendable, Hashable, Codable {
    /// Hand this prompt to the agent. Sent only when no turn is running.
    case prompt(Prompt)
    /// Stop the running turn; the session goes on.
    case cancelTurn
    /// A person's answer to what the agent asked to be allowed.
    case answer(Answer)
    /// End the agent: first politely, then by force.
    case stop

    /// A prompt with the id that its events will carry.
    public struct Prompt: Sendable, Hashable, Codable {
        public var id: PromptID
        public var text: String

        /// Makes a prompt.
        public init(id: PromptID, text: String) {
            self.id = id
            self.text = text
        }
    }

    /// An answer, by the ids of the permission and of one of its options.
    public struct Answer: Sendable, Hashable, Codable {
        public var permission: String
        public var option: String

        /// Answers.
        public init(permission: String, option: String) {
            self.permission = permission
            self.option = option
        }
    }
}
