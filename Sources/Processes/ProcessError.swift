/// Why a program could not be run, or why its run was given up.
public struct ProcessError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Hashable, Sendable {
        private let name: String

        /// The program could not be started.
        public static let notStarted = Code(name: "notStarted")
        /// It took longer than its limit and was stopped.
        public static let timedOut = Code(name: "timedOut")
        /// It said nothing new for too long, did nothing, and was stopped.
        public static let stalled = Code(name: "stalled")
        /// It printed more than was allowed and was stopped.
        public static let tooMuchOutput = Code(name: "tooMuchOutput")
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
