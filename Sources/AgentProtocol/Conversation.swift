/// The conversation that an agent's driver opens.
public struct Conversation: Sendable, Hashable, Codable {
    /// SAM's own tools for an agent, as an MCP server.
    public struct Tools: Sendable, Hashable, Codable {
        /// The server's URL, as the agent sees it.
        public var url: String
        /// The bearer token of each request.
        public var token: String
        /// A program with its arguments that speaks MCP on standard input and output, for agents without HTTP support.
        public var program: [String]

        /// Creates a description of a server.
        public init(url: String, token: String, program: [String]) {
            self.url = url
            self.token = token
            self.program = program
        }
    }

    /// An ended session that this one continues.
    public struct Earlier: Sendable, Hashable, Codable {
        /// The agent's own id of the conversation, if the agent can load it again.
        public var conversation: String?
        /// A summary of the session, for an agent that can't load it.
        public var recap: String

        /// Creates a description of a session.
        public init(conversation: String?, recap: String) {
            self.conversation = conversation
            self.recap = recap
        }
    }

    /// The checkout's absolute path, as the agent sees it. The runner replaces it for an agent without a sandbox.
    public var workingDirectory: String
    /// The actions that the agent may take without asking.
    public var permissions: PermissionMode
    /// SAM's tools; `nil` if there are none.
    public var tools: Tools?
    /// The session that this one continues.
    public var earlier: Earlier?
    /// The id that the agent was told to use for this conversation, if it accepts one.
    public var own: String?

    /// Creates a description of a conversation.
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
