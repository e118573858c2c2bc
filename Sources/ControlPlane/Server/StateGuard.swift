import API
import Foundation
import Store
import Workspaces

/// Refuses to start on an incomplete or damaged state. Changes nothing.
struct StateGuard {
    let home: Home
    /// The most time that a start spends on checking a large database.
    static let limit = Duration.seconds(1)

    /// Checks the state before anything is created.
    ///
    /// - Throws: ``ServerError`` with the file, the problem and the remedy.
    func check() async throws {
        if let problem = await problem(.pages(atMost: Self.limit)) { throw ServerError(problem.sentence) }
    }

    /// A problem of the state and its remedy.
    struct Problem: Sendable {
        var what: String
        var remedy: String

        var sentence: String { "\(what) \(remedy) Nothing was changed." }
    }

    /// Checks the state.
    ///
    /// - Returns: `nil` if a server can start on it: it is sound, or there is none yet.
    func problem(_ thoroughness: DatabaseFile.Thoroughness) async -> Problem? {
        let traces = home.traces
        if let obstacle = DatabaseObstacle.found(home) { return obstacle.problem }
        switch await DatabaseFile(home.database).condition(thoroughness) {
        case .sound: return nil
        case .damaged(let why):
            return Problem(
                what: "SAM's database \(home.database) is damaged or not a database: \(why).",
                remedy: "Restore a backup with: sam restore FILE. It moves the current state aside and deletes nothing. \(Self.rescue)")
        case .denied: return DatabaseObstacle.denied(path: home.database, folder: home.path).problem
        case .diskFull: return DatabaseObstacle.diskFull(path: home.database).problem
        case .foreign:
            return Problem(what: "\(home.database) is a database of something else than SAM.", remedy: remedy)
        case .missing where !isLink && traces.isEmpty: return nil
        case .empty where traces.isEmpty: return nil
        case .missing:
            return Problem(
                what:
                    "SAM's database is missing: there is no \(home.database)\(target), and \(list(traces)) \(isAre(traces)) of an earlier start.",
                remedy: remedy)
        case .empty:
            return Problem(
                what: "SAM's database \(home.database) is empty, and \(list(traces)) in \(home.path) \(isAre(traces)) of an earlier start.",
                remedy: remedy)
        }
    }

    private static let rescue =
        "(`sqlite3 sam.db .recover` saves what can be read of it, and `sqlite3 sam.db 'PRAGMA integrity_check'` lists its faults.)"

    private var remedy: String {
        let earlier = home.earlierStates.last.map { " An earlier state is in \(home.path)/\($0)." } ?? ""
        return
            "Put it back, or restore a backup with: sam restore FILE. To begin afresh, move the folder \(home.path) away first.\(earlier)"
    }

    /// Whether the database is a link with a missing target, which SQLite would create.
    private var isLink: Bool { (try? FileManager.default.destinationOfSymbolicLink(atPath: home.database)) != nil }

    private var target: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: home.database)).map { ", which is a link to \($0)" } ?? ""
    }

    private func isAre(_ names: [String]) -> String { names.count == 1 ? "is" : "are" }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "the link" : names.count == 1 ? names[0] : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    }
}
