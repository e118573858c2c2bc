import Wording

/// A database error: a sentence for people, and the database's own words for the log.
public struct StoreError: ExplainedError {
    /// What failed.
    public enum Code: ErrorCode {
        /// A unique, foreign key or check constraint refused the write.
        case constraint
        /// Another writer held the database for too long.
        case busy
        /// The disk or the quota is full.
        case full
        /// This user can't read or write the file or its folder.
        case denied
        /// The database can't store the value unchanged.
        case unstorable
        /// The file is not a database, or is damaged.
        case corrupt
        /// A row does not have the shape that its reader expects.
        case unexpectedValue
        /// The schema on disk is newer than this program.
        case schemaTooNew
        /// The database server can't be reached.
        case away
        /// The connection broke during a commit: the transaction may or may not have been committed.
        case unknownOutcome
        /// Any other error; see the message.
        case other

        /// The kind of error.
        public var kind: ErrorKind {
            switch self {
            case .constraint, .unexpectedValue, .schemaTooNew, .unknownOutcome, .other: .broken
            case .busy, .full, .denied, .corrupt, .away: .unavailable
            case .unstorable: .invalid
            }
        }
    }

    /// What failed.
    public let code: Code
    /// A sentence that names the cause and, where there is one, the next step. Safe to show: it quotes no statement and no library.
    public let message: String
    /// The database's own words, for the log: they may quote the statement, never its parameters.
    public let cause: String?

    /// Makes an error of a kind with a sentence for people and the database's own words.
    public init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension StoreError {
    /// Makes an error of a kind whose sentence is the same for all databases.
    init(_ code: Code, cause: String) {
        self.init(code, Self.sentences[code] ?? Self.unexpected, cause: cause)
    }

    private static let unexpected =
        "SAM's database refused a statement. The server's log has its words; see whether it is whole with: sam doctor"

    private static let sentences: [Code: String] = [
        .constraint:
            """
        The change does not go together with what is stored, perhaps because something else changed meanwhile. Look at it and try \
        again; the server's log says more.
        """,
        .busy: "Another program held SAM's database for too long. Try again.",
        .full: "The disk of SAM's database is full. Free some space on it.",
        .corrupt: "SAM's database is damaged or not a database.",
        .denied: "SAM's database can't be written. Its file and folder must be writable for the user that SAM runs as.",
        .away: "SAM's database can't be reached. See whether its server runs, and whether SAM_DATABASE_URL is right.",
    ]
}
