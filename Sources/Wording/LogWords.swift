/// An error that has more to say to the log than to people, such as a library's own words.
public protocol LoggedError: Error {
    /// The text for the log.
    var logText: String { get }
}

/// An error for the log, where ``reason(of:)`` has a sentence for people.
public func logWords(of error: any Error) -> String {
    (error as? any LoggedError)?.logText ?? "\(error)"
}
