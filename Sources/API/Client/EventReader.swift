import AgentProtocol
import Foundation

/// Reads a server's event streams as the bytes come.
///
/// The server writes each event as one `id` and one `data` line; fields of other servers are skipped.
/// https://html.spec.whatwg.org/multipage/server-sent-events.html
public struct EventReader: Sendable {
    /// An event of a stream.
    public struct Event: Sendable, Hashable {
        /// The number to continue after.
        public var id: Int
        /// The event's JSON.
        public var data: Data
    }

    private var lines: LineSplitter
    private var id = 0

    /// Creates a reader.
    ///
    /// - Parameter limit: the longest line, in bytes.
    public init(limit: Int = 16 << 20) {
        lines = LineSplitter(limit: limit)
    }

    /// Adds bytes and returns the events that they complete.
    ///
    /// - Throws: `LineSplitter.TooLong`; the reader must not be used afterwards.
    public mutating func append(_ bytes: some Sequence<UInt8>) throws(LineSplitter.TooLong) -> [Event] {
        var events: [Event] = []
        for line in try lines.append(bytes) {
            if line.starts(with: Self.idField) {
                id = Int(String(decoding: line.dropFirst(Self.idField.count), as: UTF8.self)) ?? id
            } else if line.starts(with: Self.dataField) {
                events.append(Event(id: id, data: Data(line.dropFirst(Self.dataField.count))))
            }
        }
        return events
    }

    private static let idField = Data("id: ".utf8)
    private static let dataField = Data("data: ".utf8)
}
