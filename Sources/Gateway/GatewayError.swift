import Wording

/// An error about leases, keys or providers' addresses, with a message for the user.
public struct GatewayError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// The key or address does not exist.
        case notFound
        /// The value cannot be used.
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
    /// A sentence for the user.
    public let message: String

    /// Creates an error with its message.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
