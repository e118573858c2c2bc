import Testing

/// What a test waited for did not come.
public struct Overdue: Error, CustomStringConvertible {
    /// A sentence that names it.
    public let description: String
}

/// Waits until something is so.
///
/// - Parameter limit: only what never comes takes this long. It is far above what a busy machine needs.
/// - Throws: ``Overdue``; what the condition throws.
public func eventually(
    _ what: String, within limit: Duration = .seconds(120), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    try await eventually(what, within: limit, sourceLocation: sourceLocation) { try await condition() ? () : nil }
}

/// Waits until there is a value.
///
/// - Parameter limit: only what never comes takes this long. It is far above what a busy machine needs.
/// - Throws: ``Overdue``; what the look throws.
public func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(120), sourceLocation: SourceLocation = #_sourceLocation,
    _ look: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    var pause = Duration.milliseconds(1)
    while true {
        if let value = try await look() { return value }
        guard ContinuousClock.now < deadline else {
            let overdue = Overdue(description: "It never came to be that \(what).")
            Issue.record(overdue, sourceLocation: sourceLocation)
            throw overdue
        }
        // Most things come at once; looking often at what does not would slow it.
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(25))
    }
}
