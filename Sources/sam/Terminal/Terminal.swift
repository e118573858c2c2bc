import AgentProtocol
import Foundation
import Wording

/// Standard output and standard error as a person or a program sees them: the one place that writes to them. Colour and movement on a
/// terminal only.
struct Terminal: Sendable {
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    static let hasColour = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    private static let warnsInColour = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

    /// How many characters stand in a line of it.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return Int(size.ws_col)
    }

    static func styled(_ text: PrintedText, _ styles: PrintedText.Style...) -> PrintedText { text.styled(styles) }

    static func write(_ text: PrintedText) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.rendered(colour: hasColour).utf8))
    }

    /// Writes what a program reads, as it is.
    ///
    /// - Throws: when not all of it could be written.
    static func write(bytes: Data) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: bytes)
        } catch {
            throw APIClient.Failure(status: nil, description: "Not all of it could be written: \(reason(of: error)).")
        }
    }

    static func line(_ text: PrintedText = "") { write(text + "\n") }

    /// One line of JSON. The values are the same; what a terminal would act on is escaped.
    static func json(_ value: some Encodable) throws { line("\(VisibleText(json: try JSONLine.text(value)))") }

    /// For what a person should see even when the output goes into a file.
    static func warn(_ text: PrintedText) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").rendered(colour: warnsInColour).utf8))
    }
}

/// Rows with columns as wide as their contents.
struct Table {
    private var rows: [[PrintedText]]

    init(_ header: [PrintedText]) {
        rows = [header]
    }

    mutating func add(_ row: [String]) {
        rows.append(row.map { PrintedText($0) })
    }

    func show() { lines.forEach { Terminal.line($0) } }

    var lines: [PrintedText] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { number, row in
            let cells = row.enumerated().map { index, cell in index == row.count - 1 ? cell : cell.padded(to: widths[index]) }
            let line = cells.joined(separator: "  ")
            return number == 0 ? Terminal.styled(line, .bold) : line
        }
    }
}

/// Times as people read them.
enum Time {
    static func elapsed(_ milliseconds: Int64) -> String {
        // A clock that was set back in between makes no negative time.
        let milliseconds = max(0, milliseconds)
        if milliseconds < 60_000 { return String(format: "%.1f s", Double(milliseconds) / 1_000) }
        return "\(milliseconds / 60_000) min \(milliseconds / 1_000 % 60) s"
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    /// The day and minute, here.
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
