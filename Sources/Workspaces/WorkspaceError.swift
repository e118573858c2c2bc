/// What stands in the way of a workspace, in a sentence that names the cause and the next step.
public struct WorkspaceError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private let name: String

        /// SAM's home can't be used.
        public static let home = Code(name: "home")
        /// The repository's address is not one that SAM takes.
        public static let address = Code(name: "address")
        /// The repository can't be reached, or is none.
        public static let repository = Code(name: "repository")
        /// The repository has no commit to start from.
        public static let empty = Code(name: "empty")
        /// The checkout could not be made.
        public static let checkout = Code(name: "checkout")
        /// This machine can't sandbox, or the sandbox could not be started.
        public static let sandbox = Code(name: "sandbox")
        /// The agent's program is not installed.
        public static let agent = Code(name: "agent")
        /// The agent's sign-in file can't be reached.
        public static let signIn = Code(name: "signIn")
        /// What was asked for is larger than is given.
        public static let tooLarge = Code(name: "tooLarge")
        /// The work could not be taken out of the workspace. It still stands there.
        public static let salvage = Code(name: "salvage")
    }

    public let code: Code
    public let message: String

    /// Makes an error of a kind with its sentence.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
