import Wording

/// A failed operation on users and projects, in a sentence for the caller.
public struct AccountsError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// It does not exist, or the caller may not know of it.
        case notFound
        /// The caller may know of it but may not do this.
        case forbidden
        /// The name is taken.
        case nameTaken
        /// The value can't be stored.
        case invalid

        /// The kind of error.
        public var kind: ErrorKind {
            switch self {
            case .notFound: .notFound
            case .forbidden: .forbidden
            case .nameTaken: .conflict
            case .invalid: .invalid
            }
        }
    }

    /// What failed.
    public let code: Code
    /// The sentence.
    public let message: String

    /// Creates an error with its sentence.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
