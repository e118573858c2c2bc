import Wording

/// A failure to seal or open. The message has no secret and no key.
public struct VaultError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// The master keys are missing.
        case keyringMissing
        /// The master keys can't be read or are invalid.
        case badKeyring
        /// The master keys can't be saved.
        case keyringUnwritable
        /// The master keys come from a source that SAM can't change.
        case notOurs
        /// The ring lacks the seal's master key.
        case unknownKey
        /// The seal does not open: it was damaged, moved, or made with another key.
        case doesNotOpen
        /// The seal has no version, and such seals are no longer accepted.
        case oldForm

        /// The kind of error.
        public var kind: ErrorKind {
            switch self {
            case .keyringMissing, .badKeyring, .keyringUnwritable, .unknownKey, .doesNotOpen, .oldForm: .broken
            case .notOurs: .conflict
            }
        }
    }

    /// What failed.
    public let code: Code
    /// A sentence that names the cause.
    public let message: String

    /// Creates an error with its sentence.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
