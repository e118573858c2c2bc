import AgentProtocol
import Wording

/// Why a request about a session fails, in a sentence for the caller.
public struct SessionsError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// There is no such session, agent or event, or the caller may not know of it.
        case notFound
        /// The value can't be used.
        case invalid
        /// The caller may know of it but may not do this.
        case forbidden
        /// The session's state does not allow it.
        case wrongState
        /// A session would end at once, for the reason in ``SessionsError/reason``.
        case refused
        /// The stored record can't be read.
        case unreadable
        /// As many wait already as may.
        case limit
        /// The runner's attempt is over.
        case fenced

        /// The kind of error.
        public var kind: ErrorKind {
            switch self {
            case .notFound: .notFound
            case .invalid: .invalid
            case .forbidden: .forbidden
            case .wrongState, .refused, .fenced: .conflict
            case .unreadable: .broken
            case .limit: .tooMany
            }
        }
    }

    /// What failed.
    public let code: Code
    /// The sentence for the caller.
    public let message: String
    /// The failure code with which the session would have ended, such as `credentialBlocked`.
    public let reason: String?

    /// Creates an error.
    public init(_ code: Code, _ message: String, reason: String? = nil) {
        self.code = code
        self.message = message
        self.reason = reason
    }

    /// The same sentence for a session that does not exist and one that the caller may not know of.
    ///
    /// - Parameter hint: a suggestion of what was meant, from the sessions that the caller knows.
    public static func unknown(_ id: SessionID, _ hint: String = "") -> SessionsError {
        SessionsError(.notFound, "There is no session “\(id.rawValue.prefix(40))”.\(hint) `sam sessions list` shows those there are.")
    }
}
