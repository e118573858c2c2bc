/// What can't be done with credentials, in a sentence for the person who asked. No secret stands in it.
public struct CredentialsError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private let name: String

        /// There is no such credential, binding or rotation.
        public static let notFound = Code(name: "notFound")
        /// The value is not one that can be stored.
        public static let invalid = Code(name: "invalid")
        /// What stands there does not allow it.
        public static let wrongState = Code(name: "wrongState")
        /// The vault refuses; the message tells why.
        public static let vault = Code(name: "vault")
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
