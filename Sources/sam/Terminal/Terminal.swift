import Foundation

/// Standard output as a person or a program sees it. Colour and movement on a terminal only.
struct Terminal: Sendable {
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    static let hasColour = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    static func styled(_ text: String, _ styles: Style...) -> String {
        guard hasColour, !styles.isEmpty else { return text }
        return "\u{1b}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1b}[0m"
    }

    static func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }

    /// Writes what a program may read.
    ///
    /// - Throws: when not all of it could be written.
    static func write(bytes: Data) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: bytes)
        } catch {
            throw APIClient.Failure(status: nil, description: "Not all of it could be written: \(error.localizedDescription)")
        }
    }

    static func line(_ text: String = "") { write(text + "\n") }

    /// For what a person should see even when the output goes into a file.
    static func warn(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }

    /// Text from an agent or a repository, without the controls that could rewrite the screen.
    static func plain(_ text: String, keepingNewlines: Bool = false) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0a where keepingNewlines, 0x09: scalars.append(scalar)
            case 0x0a: scalars.append(" ")
            case ..<0x20, 0x7f, 0x80..<0xa0, 0x200e...0x200f, 0x202a...0x202e, 0x2066...0x2069: break
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}

/// Rows with columns as wide as their contents.
struct Table {
    private var rows: [[String]]

    init(_ header: [String]) {
        rows = [header]
    }

    mutating func add(_ row: [String]) {
        rows.append(row.map { Terminal.plain($0) })
    }

    func show() {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for (number, row) in rows.enumerated() {
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell.padding(toLength: widths[index], withPad: " ", startingAt: 0)
            }
            let line = cells.joined(separator: "  ")
            Terminal.line(number == 0 ? Terminal.styled(line, .bold) : line)
        }
    }
}

/// Times as people read them.
enum Time {
    static func elapsed(_ milliseconds: Int64) -> String {
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
        default: return "\(seconds / 86_400) days ago"
        }
    }
}
