/// What can't be done about usage and budgets, in a sentence for the person who asked.
public struct MeteringError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private let name: String

        /// There is no such budget.
        public static let notFound = Code(name: "notFound")
        /// The value is not one that can be used.
        public static let invalid = Code(name: "invalid")
        /// A stored value can't be read.
        public static let unreadable = Code(name: "unreadable")
        /// What is kept until the database has it can't be written.
        public static let spool = Code(name: "spool")
    }

    public let code: Code
    public let message: String

    /// Makes an error of a kind with its sentence.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
