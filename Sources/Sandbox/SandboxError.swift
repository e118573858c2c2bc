import Wording

/// Why a sandbox can't be started on this machine, in a sentence that names the cause and, where there is one, the next step.
public struct SandboxError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// bubblewrap is not installed.
        case missing
        /// The machine refuses sandboxes, or the attempt to start one failed.
        case refused
        /// A control group can't be made, or a limit can't be set.
        case limits
        /// The sandbox's files can't be made: the filter of system calls, or the lists of users and groups.
        case files

        /// The kind of error.
        public var kind: ErrorKind { .unexpected }
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
}
