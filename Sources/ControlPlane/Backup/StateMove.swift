import Foundation

/// Replaces the current state with a new one and moves the current one aside. If a step fails, all steps are reversed.
struct StateMove {
    /// The home.
    let folder: String
    /// The folder of the new state, on the same disk.
    let fresh: String
    /// The folder for the current state.
    let aside: String
    /// The names to move, in order: the last one completes the state.
    let names: [String]

    /// Moves the states.
    ///
    /// - Returns: the names that were moved aside.
    /// - Throws: ``BackupError``; all moves were reversed if possible.
    func run() throws -> [String] {
        var done: [(from: String, to: String)] = []
        do {
            let old = names.filter { Self.holdsSomething("\(folder)/\($0)") }
            if !old.isEmpty {
                try FileManager.default.createDirectory(
                    atPath: aside, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            }
            // The database is moved first: a start refuses a folder with other parts of a state but no database.
            for name in old.reversed() { try move("\(folder)/\(name)", "\(aside)/\(name)", &done) }
            for name in names where Self.exists("\(fresh)/\(name)") { try move("\(fresh)/\(name)", "\(folder)/\(name)", &done) }
            return old
        } catch {
            for step in done.reversed() where rename(step.to, step.from) != 0 {
                throw BackupError("\(error) What was moved to \(aside) could not be moved back: \(String(cString: strerror(errno))).")
            }
            rmdir(aside)
            throw error
        }
    }

    private func move(_ from: String, _ to: String, _ done: inout [(from: String, to: String)]) throws {
        guard rename(from, to) == 0 else { throw BackupError("\(from) can't be moved to \(to): \(String(cString: strerror(errno))).") }
        done.append((from, to))
    }

    /// Empty folders, which any command creates, are not moved aside; new ones replace them.
    private static func holdsSomething(_ path: String) -> Bool {
        guard exists(path) else { return false }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return true }
        return !names.isEmpty
    }

    /// Whether the path exists, without following links.
    private static func exists(_ path: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: path)) != nil
    }
}
