/// What can't be sealed or opened. No secret and no key stands in the sentence.
public struct VaultError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private let name: String

        /// There are no master keys where they should be.
        public static let keyringMissing = Code(name: "keyringMissing")
        /// The master keys can't be read, or are none.
        public static let badKeyring = Code(name: "badKeyring")
        /// The master keys can't be kept.
        public static let keyringUnwritable = Code(name: "keyringUnwritable")
        /// The master keys come from somewhere that SAM can't change.
        public static let notOurs = Code(name: "notOurs")
        /// The master key that a seal was made with is not on the ring.
        public static let unknownKey = Code(name: "unknownKey")
        /// The seal does not open: it was damaged, moved, or made with another key.
        public static let doesNotOpen = Code(name: "doesNotOpen")
        /// The seal has no version, and such seals are not taken any more.
        public static let oldForm = Code(name: "oldForm")
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
