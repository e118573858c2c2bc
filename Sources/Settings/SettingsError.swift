import Wording

/// A failed operation on a setting, in a sentence for the caller.
public struct SettingsError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// There is no such setting.
        case notFound
        /// The value or the scope is not allowed for the setting.
        case invalid

        /// The kind of error.
        public var kind: ErrorKind {
            switch self {
            case .notFound: .notFound
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
