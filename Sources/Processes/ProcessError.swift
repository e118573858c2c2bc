import Wording

/// The reason why a program could not be run or was stopped.
public struct ProcessError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// The program could not be started.
        case notStarted
        /// It exceeded its time limit and was stopped.
        case timedOut
        /// It made no progress for too long and was stopped.
        case stalled
        /// Its output exceeded the limit and it was stopped.
        case tooMuchOutput

        /// The kind of error.
        public var kind: ErrorKind { .unexpected }
    }

    /// What failed.
    public let code: Code
    /// A sentence that names the cause.
    public let message: String

    /// Creates an error with a sentence that names the cause.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
