import Wording

/// An error of this module, with a message for the user. The message contains no secret.
public struct CredentialsError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// The credential, binding or rotation does not exist.
        case notFound
        /// The value cannot be stored.
        case invalid
        /// The current state does not allow the operation.
        case wrongState
        /// An outcome can't be kept until it is stored.
        case unkept
        /// The vault refuses; the message says why.
        case vault

        /// The kind of error.
        public var kind: ErrorKind {
            switch self {
            case .notFound: .notFound
            case .invalid, .unkept: .invalid
            case .wrongState: .conflict
            case .vault: .broken
            }
        }
    }

    /// What failed.
    public let code: Code
    /// A sentence for the user.
    public let message: String

    /// Creates an error with its message.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
