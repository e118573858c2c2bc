import Logging

/// Collects what is logged, each line with its level.
public struct LineCollector: LogHandler {
    private let add: @Sendable (String) -> Void
    /// All levels are collected.
    public var logLevel = Logger.Level.trace
    /// Is not collected.
    public var metadata = Logger.Metadata()

    /// - Parameter add: takes a line.
    public init(add: @escaping @Sendable (String) -> Void) { self.add = add }

    /// A value of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Takes a line.
    public func log(event: LogEvent) { add("\(event.level): \(event.message)") }
}
