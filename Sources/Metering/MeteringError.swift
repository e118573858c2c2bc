import Wording

/// An error about usage or budgets, with a sentence for the user.
public struct MeteringError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// The budget or price does not exist.
        case notFound
        /// The value is invalid.
        case invalid
        /// A stored value can't be read.
        case unreadable
        /// The spool file, which keeps usage until it is in the database, can't be opened or written.
        case spool

        /// The kind of error.
        public var kind: ErrorKind {
            switch self {
            case .notFound: .notFound
            case .invalid: .invalid
            case .unreadable, .spool: .broken
            }
        }
    }

    /// What failed.
    public let code: Code
    /// A sentence for the user.
    public let message: String

    /// Makes an error of a kind with its sentence.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
