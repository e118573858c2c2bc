/// What went wrong in the database. Parameters never stand in the description, only the statement does.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of error. A struct, so that kinds can be added without breaking a switch.
    public struct Code: Hashable, Sendable {
        private let name: String

        /// A unique, foreign key or check constraint refused the write.
        public static let constraint = Code(name: "constraint")
        /// Another writer held the database for too long.
        public static let busy = Code(name: "busy")
        /// The disk or the quota is full.
        public static let full = Code(name: "full")
        /// The file is not a database, or is damaged.
        public static let corrupt = Code(name: "corrupt")
        /// A row does not have the shape that its reader expects.
        public static let unexpectedValue = Code(name: "unexpectedValue")
        /// The schema on disk is newer than this program.
        public static let schemaTooNew = Code(name: "schemaTooNew")
        /// Anything else; the message tells.
        public static let other = Code(name: "other")
    }

    public let code: Code
    public let message: String

    /// Makes an error of a kind with a sentence that names the cause.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
