import API
import Foundation
import Wording
import Workspaces

/// One start of a server in the background, which writes into the log of its home.
struct ServerStart {
    private let home: Home
    /// The size of the log before the start: what comes before was written by others.
    private let begin: UInt64

    /// Begins a start.
    init(_ home: Home) {
        self.home = home
        begin = Self.size(of: home.serverLog)
    }

    /// Why no server answers after it.
    var failure: APIClient.Failure {
        APIClient.Failure(
            status: nil, description: Self.sentence(written, home: home.path, log: home.serverLog, isDiskFull: isDiskFull))
    }

    /// Whether the home's disk has no room.
    var isDiskFull: Bool { DiskSpace.free(at: home.path) == 0 }

    /// The sentence about a start that failed. Pure.
    ///
    /// - Parameter written: what the start wrote into the log.
    static func sentence(_ written: String, home: String, log: String, isDiskFull: Bool) -> String {
        if isDiskFull { return "The server could not be started: the disk of \(home) is full. Free some space on it." }
        let lines = written.split(separator: "\n").map(String.init)
        guard let error = lines.lastIndex(where: { $0.hasPrefix("Error: ") }) else {
            guard !lines.isEmpty else {
                return "The server could not be started: it wrote nothing into its log \(log). To see why, start it by hand: sam serve"
            }
            return "The server could not be started:\n" + lines.suffix(5).joined(separator: "\n")
        }
        let words = [String(lines[error].dropFirst("Error: ".count))] + lines[(error + 1)...]
        return "The server could not be started: " + words.joined(separator: "\n")
    }

    private var written: String {
        guard let file = FileHandle(forReadingAtPath: home.serverLog) else { return "" }
        defer { try? file.close() }
        do {
            // A log that is shorter than before was emptied meanwhile.
            try file.seek(toOffset: Self.size(of: home.serverLog) < begin ? 0 : begin)
            return String(decoding: try file.read(upToCount: 64 << 10) ?? Data(), as: UTF8.self)
        } catch {
            return "\(home.serverLog) can't be read: \(reason(of: error))"
        }
    }

    private static func size(of path: String) -> UInt64 {
        // A log that does not exist yet is empty.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
    }
}
