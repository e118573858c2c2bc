import AgentProtocol
import Foundation
import Wording

/// Reads the events in a dead runner's spool: one per line, numbered from 1 without gaps.
enum SpoolReader {
    /// The events after a number. An unreadable line, such as a last line cut by the runner's death, becomes a note in its place: without
    /// it the numbering of later events would have a gap.
    ///
    /// - Parameter now: the time of an event without one, in UTC milliseconds.
    static func events(in spool: Data, after last: Int, now: Int64) -> [NumberedEvent] {
        var at = now
        let lines = spool.split(separator: UInt8(ascii: "\n")).enumerated()
        return lines.dropFirst(last).map { place, line in
            let number = place + 1
            do {
                let event: NumberedEvent = try JSONLine.decode(from: Data(line))
                at = event.at
                guard event.n != number else { return event }
                return unreadable(number, at, "it has the number \(event.n)")
            } catch {
                return unreadable(number, at, "\(line.count.of("byte that is", "bytes that are")) none of its lines")
            }
        }
    }

    private static func unreadable(_ number: Int, _ at: Int64, _ why: String) -> NumberedEvent {
        NumberedEvent(n: number, at: at, event: .note(Note("Event \(number) of the runner can't be read and is lost: \(why).")))
    }
}
