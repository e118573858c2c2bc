import AgentProtocol

/// What can't be done with a session, in a sentence for whoever asked.
public struct SessionsError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private let name: String

        /// There is no such session, agent or event, or the asker may not know of it.
        public static let notFound = Code(name: "notFound")
        /// The value is not one that can be used.
        public static let invalid = Code(name: "invalid")
        /// The asker may know of it and may not do this.
        public static let forbidden = Code(name: "forbidden")
        /// The session is in no state for it.
        public static let wrongState = Code(name: "wrongState")
        /// It would end at once, for the reason that stands in ``SessionsError/reason``.
        public static let refused = Code(name: "refused")
        /// What is stored of it can't be read.
        public static let unreadable = Code(name: "unreadable")
        /// The runner's attempt is over.
        public static let fenced = Code(name: "fenced")
    }

    public let code: Code
    public let message: String
    /// The failure that a session would have ended with, such as `credentialBlocked`.
    public let reason: String?

    /// Makes an error of a kind with its sentence.
    public init(_ code: Code, _ message: String, reason: String? = nil) {
        self.code = code
        self.message = message
        self.reason = reason
    }

    public var description: String { message }

    /// The same sentence for one that is not there and one that the asker may not know of.
    ///
    /// - Parameter hint: what may have been meant, of what the asker knows.
    public static func unknown(_ id: SessionID, _ hint: String = "") -> SessionsError {
        SessionsError(.notFound, "There is no session \(id.rawValue.prefix(40)).\(hint) `sam sessions list` shows those there are.")
    }
}
