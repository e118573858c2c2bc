import Foundation

/// Puts a new state in the place of the one that is there, which is moved aside. Every step can be taken back, and is when one fails.
struct StateMove {
    /// The home.
    let folder: String
    /// Where the new state stands, on the same disk.
    let fresh: String
    /// Where the old one goes.
    let aside: String
    /// What is moved, in order: the last makes the state whole.
    let names: [String]

    /// Moves.
    ///
    /// - Returns: whether anything was moved aside.
    /// - Throws: ``BackupError``; everything stands where it stood then.
    func run() throws -> Bool {
        var done: [(from: String, to: String)] = []
        do {
            let old = names.filter { Self.holdsSomething("\(folder)/\($0)") }
            if !old.isEmpty {
                try FileManager.default.createDirectory(
                    atPath: aside, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            }
            // The database goes first: a folder without it and with the rest of an old state is refused by every start.
            for name in old.reversed() { try move("\(folder)/\(name)", "\(aside)/\(name)", &done) }
            for name in names where Self.exists("\(fresh)/\(name)") { try move("\(fresh)/\(name)", "\(folder)/\(name)", &done) }
            return !old.isEmpty
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

    /// Empty folders, which any command makes, are no state; what is new takes their place.
    private static func holdsSomething(_ path: String) -> Bool {
        guard exists(path) else { return false }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return true }
        return !names.isEmpty
    }

    /// Links count as what they are.
    private static func exists(_ path: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: path)) != nil
    }
}
