/// What an agent's driver is told of the conversation that it opens.
public struct Conversation: Sendable, Hashable, Codable {
    /// SAM's own tools for an agent, as a server of the Model Context Protocol.
    public struct Tools: Sendable, Hashable, Codable {
        /// Where they are, as the agent sees it.
        public var url: String
        /// What has to come with each message.
        public var token: String
        /// A program, with its arguments, that speaks the same on its standard input and output, for agents that can't use HTTP.
        public var program: [String]

        /// Names a server.
        public init(url: String, token: String, program: [String]) {
            self.url = url
            self.token = token
            self.program = program
        }
    }

    /// A session that is over and goes on in this one.
    public struct Earlier: Sendable, Hashable, Codable {
        /// The agent's own id of the conversation, where it said that it can load it again.
        public var conversation: String?
        /// What happened in it, for an agent that remembers nothing.
        public var recap: String

        /// Describes a session.
        public init(conversation: String?, recap: String) {
            self.conversation = conversation
            self.recap = recap
        }
    }

    /// The absolute path of the checkout, as the agent sees it.
    public var workingDirectory: String
    /// What the agent may do without asking.
    public var permissions: PermissionMode
    /// `nil` where there are none.
    public var tools: Tools?
    /// The session that this one goes on with.
    public var earlier: Earlier?
    /// The id under which the agent was told to keep this conversation, where it takes one.
    public var own: String?

    /// Describes a conversation.
    public init(
        workingDirectory: String, permissions: PermissionMode, tools: Tools? = nil, earlier: Earlier? = nil, own: String? = nil
    ) {
        self.workingDirectory = workingDirectory
        self.permissions = permissions
        self.tools = tools
        self.earlier = earlier
        self.own = own
    }
}
