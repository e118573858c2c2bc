import AgentProtocol
import Foundation

/// The runner's events on disk: every event is appended here before it is sent, and is dropped only when the control plane has stored it.
///
/// Not thread-safe; its owner is an actor.
struct Spool: ~Copyable {
    /// An event could not be written to disk.
    struct Refused: Error {
        var message: String
    }

    /// Events that are not acknowledged yet, in order.
    struct Batch: Equatable {
        /// The events as JSON, separated by commas.
        var events: Data
        var last: Int
    }

    private let descriptor: CInt
    private let path: String
    /// The length of the file, in bytes.
    private(set) var length: off_t = 0
    private var lastNumber = 0
    private var acknowledged = 0
    /// The offset of the first unacknowledged event.
    private var offset: off_t = 0
    /// Events that could not be written to disk. They are few: the agent is ended at the first.
    private var unsaved: [(n: Int, line: Data)] = []

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Refused(message: "\(path): \(String(cString: strerror(errno)))") }
        length = lseek(descriptor, 0, SEEK_END)
    }

    deinit {
        close(descriptor)
    }

    /// Whether all events are acknowledged.
    var isEmpty: Bool { acknowledged == lastNumber }

    /// Saves an event and assigns its number.
    ///
    /// - Throws: ``Refused`` if it can't be written to disk. The event is then kept in memory and still delivered if the control plane can
    ///   be reached.
    mutating func append(_ event: AgentEvent, at time: Int64) throws {
        let line = try encoded(event, time)
        lastNumber += 1
        guard unsaved.isEmpty else {
            unsaved.append((lastNumber, line))
            return
        }
        do {
            try write(line + Data("\n".utf8))
        } catch {
            unsaved.append((lastNumber, line))
            throw error
        }
    }

    /// The next events to deliver; `nil` if there are none.
    ///
    /// - Parameter limit: the approximate size in bytes; at least one event is returned.
    func batch(limit: Int = 512 << 10) -> Batch? {
        guard !isEmpty else { return nil }
        if offset < length {
            var size = limit
            while true {
                var buffer = [UInt8](repeating: 0, count: min(size, Int(length - offset)))
                let count = pread(descriptor, &buffer, buffer.count, offset)
                guard count > 0 else { return nil }
                if let end = buffer[..<count].lastIndex(of: UInt8(ascii: "\n")) {
                    let lines = buffer[..<end].split(separator: UInt8(ascii: "\n"))
                    return Batch(events: Data(lines.joined(separator: [UInt8(ascii: ",")])), last: acknowledged + lines.count)
                }
                guard count == size else { return nil }
                size *= 2  // one event is longer than the limit
            }
        }
        guard let last = unsaved.last else { return nil }
        return Batch(events: Data(unsaved.map(\.line).joined(separator: Data(",".utf8))), last: last.n)
    }

    /// The control plane has stored the events up to this number.
    mutating func acknowledge(_ number: Int) {
        guard number > acknowledged, number <= lastNumber else { return }
        var remaining = number - acknowledged
        while remaining > 0, offset < length {
            var buffer = [UInt8](repeating: 0, count: min(1 << 20, Int(length - offset)))
            let count = pread(descriptor, &buffer, buffer.count, offset)
            guard count > 0 else { break }
            var used = 0
            for index in 0..<count where buffer[index] == UInt8(ascii: "\n") {
                used = index + 1
                remaining -= 1
                if remaining == 0 { break }
            }
            // A piece without a newline is the middle of a long event.
            offset += off_t(used == 0 || remaining > 0 && used < count ? count : used)
        }
        acknowledged = number
        unsaved.removeAll { $0.n <= number }
    }

    /// The event as a line. An event that is too large or too deeply nested is replaced by a note, so that it can't block the delivery of
    /// others.
    private func encoded(_ event: AgentEvent, _ time: Int64) throws -> Data {
        let line = try? JSONLine.encode(NumberedEvent(n: lastNumber + 1, at: time, event: event))
        if let line, line.count <= Self.eventLimit, line.nesting <= Self.depthLimit { return line }
        let size = line.map { "of \($0.count) bytes" } ?? "of a shape that can't be written"
        return try JSONLine.encode(
            NumberedEvent(n: lastNumber + 1, at: time, event: .note(Note("The agent sent an event \(size), which was left out."))))
    }

    private static let eventLimit = 4 << 20
    private static let depthLimit = 200

    private mutating func write(_ line: Data) throws {
        var written = 0
        while written < line.count {
            let count = line.withUnsafeBytes { bytes in
                Foundation.write(descriptor, bytes.baseAddress?.advanced(by: written), line.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                // A partial line would corrupt the file.
                ftruncate(descriptor, length)
                throw Refused(message: "\(path): \(reason)")
            }
            written += count
        }
        length += off_t(line.count)
    }
}

extension Data {
    /// The deepest nesting of arrays and objects. Counts brackets in strings too, so it is never too low.
    fileprivate var nesting: Int {
        var depth = 0
        var deepest = 0
        for byte in self {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = Swift.max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }
}
