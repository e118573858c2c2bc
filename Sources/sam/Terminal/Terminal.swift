import API
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
    private var rows: [[PrintedText]]
    /// The length of the longest id or number in each column: cut, they are of no use.
    private var whole: [Int]

    init(_ header: [PrintedText]) {
        rows = [header]
        whole = header.map { _ in 0 }
    }

    mutating func add(_ row: [String]) {
        rows.append(row.map { PrintedText($0) })
        for (column, cell) in row.enumerated() where whole.indices.contains(column) && (Self.isID(cell) || Self.isNumber(cell)) {
            whole[column] = max(whole[column], cell.count)
        }
    }

    private static func isNumber(_ cell: String) -> Bool { cell.allSatisfy { $0.isNumber || "$.,".contains($0) } }

    /// Whether a cell is one of SAM's ids: a prefix of one or two letters and twelve characters.
    private static func isID(_ cell: String) -> Bool {
        let parts = cell.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].count) else { return false }
        return parts[1].count == 12 && parts[1].allSatisfy { $0.isLetter || $0.isNumber }
    }

    func show() { lines(within: Terminal.isTerminal ? Terminal.columns : nil).forEach { Terminal.line($0) } }

    /// A column that is cut keeps at least so many characters: the second number where the terminal is narrow.
    private static let narrowest = [12, 5]

    /// The rows as lines.
    ///
    /// - Parameter width: how many characters a line may have, where it matters: the widest columns are cut then, ids and numbers never.
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
        var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - width
        for least in Self.narrowest {
            while excess > 0 {
                let free = widths.indices.filter { widths[$0] > max(least, whole[$0]) }
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
