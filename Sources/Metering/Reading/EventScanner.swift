/// Parses server-sent events as they arrive, in pieces of any size, without keeping them.
/// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
struct EventScanner {
    /// A parsed part of an event stream.
    enum Part {
        /// Bytes of an event's data. Lines are joined by a line feed, as the standard says.
        case data(UnsafeRawBufferPointer)
        /// The event is complete.
        case end
    }

    private enum State {
        /// In a field's name, of which `matched` bytes match “data”.
        case name(matched: Int)
        /// After the colon of a data field, before its value: one leading space is skipped.
        case beforeData
        case data
        /// In any other line.
        case other
    }

    private static let name = [UInt8]("data".utf8)

    private var state = State.name(matched: 0)
    private var isLineEmpty = true
    /// Whether the input so far ends in an event with data, before the empty line that completes it.
    private(set) var hasData = false
    private var lastWasReturn = false

    /// Parses the next bytes.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ part: (Part) -> Void) {
        var index = 0
        while index < bytes.count {
            if case .data = state {
                // Fast path for most of a stream, a line at a time.
                let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
                let length = rest.firstIndex { $0 == 0x0a || $0 == 0x0d } ?? rest.count
                if length > 0 { part(.data(UnsafeRawBufferPointer(rebasing: rest[..<length]))) }
                index += length
                guard index < bytes.count else { return }
            }
            take(bytes[index], part)
            index += 1
        }
    }

    private mutating func take(_ byte: UInt8, _ part: (Part) -> Void) {
        let followsReturn = lastWasReturn
        lastWasReturn = byte == 0x0d
        switch byte {
        case 0x0a where followsReturn: return
        case 0x0a, 0x0d: return endLine(part)
        default: isLineEmpty = false
        }
        switch state {
        case .name(let matched):
            if matched == Self.name.count, byte == UInt8(ascii: ":") {
                if hasData { Self.newline.withUnsafeBytes { part(.data($0)) } }
                hasData = true
                state = .beforeData
            } else if matched < Self.name.count, byte == Self.name[matched] {
                state = .name(matched: matched + 1)
            } else {
                state = .other
            }
        case .beforeData:
            state = .data
            if byte != 0x20 { withUnsafeBytes(of: byte) { part(.data($0)) } }
        case .data: withUnsafeBytes(of: byte) { part(.data($0)) }
        case .other: break
        }
    }

    private mutating func endLine(_ part: (Part) -> Void) {
        if isLineEmpty, hasData {
            part(.end)
            hasData = false
        }
        state = .name(matched: 0)
        isLineEmpty = true
    }

    private static let newline: [UInt8] = [0x0a]
}
