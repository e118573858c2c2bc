/// An error in the shape of all modules: its kind, its code, a sentence for people, and a cause for the log.
public protocol ExplainedError: LoggedError, CustomStringConvertible {
    /// The type of the codes.
    associatedtype Code: ErrorCode

    /// What failed, for callers in the program.
    var code: Code { get }
    /// A sentence that names the cause and, where there is one, the next step. It has no secret.
    var message: String { get }
    /// What lies behind it, such as a library's own words, for the log alone.
    var cause: String? { get }
    /// The code that clients of the API see, such as `credentialBlocked`; `nil` for most errors.
    var reason: String? { get }
}

extension ExplainedError {
    /// The kind of its code.
    public var kind: ErrorKind { code.kind }
    /// None.
    public var cause: String? { nil }
    /// None.
    public var reason: String? { nil }
    /// The message.
    public var description: String { message }
    /// The message and the cause.
    public var logText: String { cause.map { "\(message) [\($0)]" } ?? message }
}

/// A module's code of an error.
public protocol ErrorCode: Hashable, Sendable {
    /// The kind of the error.
    var kind: ErrorKind { get }
}

/// The kind of an error, which decides the HTTP status of the answer.
public enum ErrorKind: Sendable, Hashable, CaseIterable {
    /// The request is wrong.
    case invalid
    /// The caller may know of it but may not do this.
    case forbidden
    /// It does not exist, or the caller may not know of it.
    case notFound
    /// The current state does not allow it.
    case conflict
    /// What is asked for is too large.
    case tooLarge
    /// The request is understood and can't be carried out with what it names.
    case unprocessable
    /// As many as allowed exist already.
    case tooMany
    /// Something of SAM's own is broken; the message says what.
    case broken
    /// The same as ``broken``, but the message is for the log alone.
    case unexpected
    /// Something that SAM needs does not work at present.
    case unavailable
    /// This machine lacks what the request names. The caller is told; nothing is wrong with the server.
    case lacking

    /// The HTTP status.
    public var status: Int { statusLine.code }
    /// The HTTP status in words (RFC 9110).
    public var title: String { statusLine.words }

    private var statusLine: (code: Int, words: String) {
        switch self {
        case .invalid: (400, "Bad Request")
        case .forbidden: (403, "Forbidden")
        case .notFound: (404, "Not Found")
        case .conflict: (409, "Conflict")
        case .tooLarge: (413, "Content Too Large")
        case .unprocessable: (422, "Unprocessable Content")
        case .tooMany: (429, "Too Many Requests")
        case .broken, .unexpected: (500, "Internal Server Error")
        case .unavailable, .lacking: (503, "Service Unavailable")
        }
    }
}
