import Sandbox
import Wording

/// Why an operation on a workspace fails, in a sentence that names the cause and the next step.
public struct WorkspaceError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// SAM's home can't be used.
        case home
        /// SAM does not accept the repository's address.
        case address
        /// The repository can't be reached, or is not one.
        case repository
        /// The repository has no commit to start from.
        case empty
        /// The checkout could not be made.
        case checkout
        /// The checkout would exceed the session's limit on disk space.
        case diskLimit
        /// This machine can't run sandboxes, or the sandbox could not be started.
        case sandbox
        /// The agent's program is not installed.
        case agent
        /// The agent's sign-in file can't be reached.
        case signIn
        /// The requested data is too large.
        case tooLarge
        /// A runner can't be ended.
        case runner
        /// The work could not be taken out of the workspace. It is still there.
        case salvage

        /// The kind of error.
        public var kind: ErrorKind {
            switch self {
            case .home: .broken
            case .address, .repository, .empty, .checkout, .diskLimit, .signIn, .salvage: .unprocessable
            case .sandbox, .runner: .unavailable
            case .agent: .lacking
            case .tooLarge: .tooLarge
            }
        }
    }

    /// What failed.
    public let code: Code
    /// The sentence.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: SandboxError) {
        self.init(.sandbox, error.message)
    }
}
