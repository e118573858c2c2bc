/// What can't be done with users and projects, in a sentence for the person who asked.
public struct AccountsError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private let name: String

        /// There is no such thing, or the asker may not know of it.
        public static let notFound = Code(name: "notFound")
        /// The asker may know of it and may not do this.
        public static let forbidden = Code(name: "forbidden")
        /// The name is taken.
        public static let nameTaken = Code(name: "nameTaken")
        /// The value is not one that can be stored.
        public static let invalid = Code(name: "invalid")
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
