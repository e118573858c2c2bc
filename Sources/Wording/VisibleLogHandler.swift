import Logging

/// Forwards log lines with hidden characters made visible, so that outside text can't change a terminal or forge a line.
public struct VisibleLogHandler: LogHandler {
    private var base: any LogHandler
    // Kept here: the base would add its metadata unchanged.
    private var provider: Logger.MetadataProvider?

    /// Creates a handler.
    ///
    /// - Parameter base: the handler that writes the lines.
    public init(_ base: some LogHandler) {
        self.base = base
        provider = base.metadataProvider
        self.base.metadataProvider = nil
        self.base.metadata = Self.visible(base.metadata)
    }

    /// The lowest level that is written.
    public var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    /// The metadata of every line.
    public var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = Self.visible(newValue) }
    }

    /// The metadata with this key.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: VisibleText(key).text] }
        set { base[metadataKey: VisibleText(key).text] = newValue.map(Self.visible) }
    }

    /// Adds metadata to each line.
    public var metadataProvider: Logger.MetadataProvider? {
        get { provider }
        set { provider = newValue }
    }

    /// Writes a line.
    public func log(event: LogEvent) {
        var shown = event
        var metadata = event.metadata ?? [:]
        if let provider { metadata.merge(provider.get()) { stated, _ in stated } }
        if let error = event.error {
            metadata["error"] = .string("\(error)")
            shown.error = nil
        }
        shown.message = "\(VisibleText(event.message.description).text)"
        shown.metadata = metadata.isEmpty ? nil : Self.visible(metadata)
        shown.source = VisibleText(event.source).text
        base.log(event: shown)
    }

    private static func visible(_ metadata: Logger.Metadata) -> Logger.Metadata {
        Logger.Metadata(metadata.map { (VisibleText($0).text, visible($1)) }, uniquingKeysWith: { first, _ in first })
    }

    private static func visible(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(VisibleText(text).text)
        case .stringConvertible(let value): .string(VisibleText(value.description).text)
        case .array(let values): .array(values.map(visible))
        case .dictionary(let values): .dictionary(visible(values))
        }
    }
}
