import AgentProtocol
import Foundation
import Synchronization
import Wording

/// The only type that writes to standard output and standard error. Colours and movement are used on a terminal only.
struct Terminal: Sendable {
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    static let hasColour = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    private static let warnsInColour = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

    /// The terminal's width in characters.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return Int(size.ws_col)
    }

    static func styled(_ text: PrintedText, _ styles: PrintedText.Style...) -> PrintedText { text.styled(styles) }

    private static let failure = Mutex<String?>(nil)

    /// Why not all of the output could be written; `nil` when it could, or when its reader has left.
    static var writeFailure: String? { failure.withLock(\.self) }

    static func write(_ text: PrintedText) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.rendered(colour: hasColour).utf8))
        } catch {
            let why = reason(of: error)
            if why != reason(of: POSIXError(.EPIPE)) { failure.withLock { $0 = $0 ?? why } }
        }
    }

    /// Asks for something, where output that goes into a file does not take it along.
    static func prompt(_ text: PrintedText) {
        try? FileHandle.standardError.write(contentsOf: Data(text.rendered(colour: warnsInColour).utf8))
    }

    /// Writes bytes for programs unchanged.
    ///
    /// - Throws: if not all of them could be written.
    static func write(bytes: Data) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: bytes)
        } catch {
            throw APIClient.Failure(status: nil, description: "Not all of it could be written: \(reason(of: error)).")
        }
    }

    static func line(_ text: PrintedText = "") { write(text + "\n") }

    /// One line of JSON. The values are unchanged; characters that affect a terminal are escaped.
    static func json(_ value: some Encodable) throws { line("\(VisibleText(json: try JSONLine.text(value)))") }

    /// Prints to standard error, for messages to a person even if the output is redirected.
    static func warn(_ text: PrintedText) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").rendered(colour: warnsInColour).utf8))
    }
}

/// A table with columns as wide as their contents.
struct Table {
    /// A column of a table.
    struct Column: ExpressibleByStringLiteral {
        fileprivate let heading: PrintedText
        /// Whether its cells are ids or numbers: cut, they are of no use.
        fileprivate let isWhole: Bool

        /// A column of text, which is cut where the terminal is narrow.
        init(stringLiteral heading: StaticString) { self.init(PrintedText(stringLiteral: heading), isWhole: false) }

        private init(_ heading: PrintedText, isWhole: Bool) {
            self.heading = heading
            self.isWhole = isWhole
        }

        /// A column of text, which is cut where the terminal is narrow.
        static func text(_ heading: PrintedText) -> Column { Column(heading, isWhole: false) }

        /// A column of ids or numbers, which is never cut.
        static func whole(_ heading: PrintedText) -> Column { Column(heading, isWhole: true) }
    }

    private let columns: [Column]
    private var rows: [[PrintedText]]

    init(_ columns: [Column]) {
        self.columns = columns
        rows = [columns.map(\.heading)]
    }

    mutating func add(_ row: [String]) {
        rows.append(row.map { PrintedText($0) })
    }

    func show() { lines(within: Terminal.isTerminal ? Terminal.columns : nil).forEach { Terminal.line($0) } }

    /// A column that is cut keeps at least so many characters: the second number where the terminal is narrow.
    private static let narrowest = [12, 5]

    /// The rows as lines.
    ///
    /// - Parameter width: how many characters a line may have, where it matters: the widest columns of text are cut then.
    func lines(within width: Int? = nil) -> [PrintedText] {
        let widths = widths(within: width)
        return rows.enumerated().map { number, row in
            let cells = row.enumerated().map { index, cell in
                let cut = cell.cut(to: widths[index])
                return index == row.count - 1 ? cut : cut.padded(to: widths[index])
            }
            let line = cells.joined(separator: "  ")
            return number == 0 ? Terminal.styled(line, .bold) : line
        }
    }

    private func widths(within width: Int?) -> [Int] {
        var widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        guard let width else { return widths }
        let least = columns.indices.map { columns[$0].isWhole ? widths[$0] : 0 }
        var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - width
        for narrowest in Self.narrowest {
            while excess > 0 {
                let free = widths.indices.filter { widths[$0] > max(narrowest, least[$0]) }
                guard let widest = free.max(by: { widths[$0] < widths[$1] }) else { break }
                widths[widest] -= 1
                excess -= 1
            }
        }
        return widths
    }
}

/// Times for people.
enum Time {
    static func elapsed(_ milliseconds: Int64) -> String {
        // The clock may have been set back meanwhile.
        let milliseconds = max(0, milliseconds)
        if milliseconds < 60_000 { return String(format: "%.1f s", Double(milliseconds) / 1_000) }
        return "\(milliseconds / 60_000) min \(milliseconds / 1_000 % 60) s"
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    /// The date and minute in the local time zone.
    static func day(_ time: Int64) -> String {
        Date(timeIntervalSince1970: Double(time) / 1_000).formatted(
            .verbatim(
                "\(year: .defaultDigits)-\(month: .twoDigits)-\(day: .twoDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits)",
                timeZone: .current, calendar: .current))
    }

    static func ago(_ then: Int64) -> String {
        let seconds = max(0, (now - then) / 1_000)
        switch seconds {
        case ..<60: return "\(seconds) s ago"
        case ..<3_600: return "\(seconds / 60) min ago"
        case ..<172_800: return "\(seconds / 3_600) h ago"
        default: return "\((seconds / 86_400).of("day")) ago"
        }
    }
}
