/// Removes the usage chunk that the client did not ask for from a stream of Chat Completions. All other events pass unchanged, one at a
/// time.
public struct UsageChunkFilter: Sendable {
    private var event: [UInt8] = []
    private var lineIsEmpty = true

    /// Longer events can't be usage and pass as they come.
    private static let limit = 64 << 10
    private var isPassing = false

    /// Creates a filter for one stream.
    public init() {}

    /// Takes the next bytes and returns those that the client gets.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var passed: [UInt8] = []
        passed.reserveCapacity(bytes.count + event.count)
        for byte in bytes {
            event.append(byte)
            if byte == 0x0a {
                if lineIsEmpty {
                    if isPassing || !Self.isUsage(event) { passed += event }
                    event.removeAll(keepingCapacity: true)
                    isPassing = false
                }
                lineIsEmpty = true
            } else if byte != 0x0d {
                lineIsEmpty = false
            }
            if event.count > Self.limit {
                isPassing = true
                passed += event
                event.removeAll(keepingCapacity: true)
            }
        }
        return passed
    }

    /// The remaining bytes at the end of the stream.
    public mutating func finish() -> [UInt8] {
        defer { event = [] }
        return isPassing || !Self.isUsage(event) ? event : []
    }

    private static let tree = FieldTree([("usage", 0, .whole), ("choices", 1, .whole)])

    /// Whether an event has usage and no choices.
    private static func isUsage(_ event: [UInt8]) -> Bool {
        var hasUsage = false
        var choices: [UInt8]?
        var events = EventScanner()
        var fields = FieldScanner(tree)
        event.withUnsafeBytes { bytes in
            events.feed(bytes) { part in
                guard case .data(let data) = part else { return }
                fields.feed(data) { found in
                    if found.field == 0 { hasUsage = true } else { choices = found.bytes }
                }
            }
        }
        return hasUsage && (choices ?? []).allSatisfy { $0 <= 0x20 || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }
    }
}
