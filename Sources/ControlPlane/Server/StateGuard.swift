import Foundation
import Store
import Workspaces

/// Refuses to begin afresh, or to go on, over a state that is not whole. Changes nothing.
struct StateGuard {
    let home: Home
    /// A start waits no longer than this for a look at a large database.
    static let limit = Duration.seconds(1)

    /// Looks at what is there before anything is made.
    ///
    /// - Throws: ``ServerError`` with the file, what is wrong with it, and what to do.
    func check() async throws {
        if let problem = await problem(.pages(atMost: Self.limit)) { throw ServerError(problem.sentence) }
    }

    /// What is wrong with the state, and what to do about it.
    struct Problem: Sendable {
        var what: String
        var remedy: String

        var sentence: String { "\(what) \(remedy) Nothing was changed." }
    }

    /// Looks.
    ///
    /// - Returns: `nil` when a server can start on it: it is sound, or nothing was here before.
    func problem(_ thoroughness: DatabaseFile.Thoroughness) async -> Problem? {
        let traces = home.traces
        switch await DatabaseFile(home.database).condition(thoroughness) {
        case .sound: return nil
        case .damaged(let why):
            return Problem(
                what: "SAM's database \(home.database) is damaged, or is none: \(why).",
                remedy: "Restore a backup with: sam restore FILE. What was there is moved aside by that, and not lost. \(Self.rescue)")
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

    private static let rescue = "(`sqlite3 sam.db .recover` saves what can be read of it.)"

    private var remedy: String {
        let earlier = home.earlierStates.last.map { " An earlier state is in \(home.path)/\($0)." } ?? ""
        return
            "Put it back, or restore a backup with: sam restore FILE. To begin afresh, move the folder \(home.path) away first.\(earlier)"
    }

    /// A link to what is not there: SQLite would make its target.
    private var isLink: Bool { (try? FileManager.default.destinationOfSymbolicLink(atPath: home.database)) != nil }

    private var target: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: home.database)).map { ", which is a link to \($0)" } ?? ""
    }

    private func isAre(_ names: [String]) -> String { names.count == 1 ? "is" : "are" }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "the link" : names.count == 1 ? names[0] : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    }
}
