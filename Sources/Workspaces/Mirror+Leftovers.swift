import Foundation

extension Mirror {
    /// Removes leftovers of git processes that were killed: half-written packs and objects, and locks that would block others.
    ///
    /// - Parameter start: younger files may belong to running processes and stay.
    /// - Returns: what was removed, relative to the mirror.
    @discardableResult
    func removeLeftovers(before start: Date) -> [String] {
        var removed: [String] = []
        func remove(_ place: String) {
            let file = "\(path)/\(place)"
            var status = stat()
            guard lstat(file, &status) == 0, TimeInterval(status.st_mtim.tv_sec) < start.timeIntervalSince1970.rounded(.down) else {
                return
            }
            do {
                try FileManager.default.removeItem(atPath: file)
                removed.append(place)
            } catch {
                // Another process has removed it, or the next call does.
            }
        }
        for name in Self.names(in: path) where name.hasSuffix(".lock") { remove(name) }
        for name in Self.names(in: path + "/objects") {
            if name.hasPrefix("tmp_objdir-") || name.hasPrefix("incoming-") { remove("objects/\(name)") }
            guard name.count == 2 || name == "pack" || name == "info" else { continue }
            for file in Self.names(in: "\(path)/objects/\(name)") where Self.isLeftover(file) { remove("objects/\(name)/\(file)") }
        }
        if let files = FileManager.default.enumerator(atPath: path + "/refs") {
            for case let file as String in files where file.hasSuffix(".lock") { remove("refs/\(file)") }
        }
        return removed
    }

    private static func isLeftover(_ name: String) -> Bool {
        ["tmp_", ".tmp-"].contains { name.hasPrefix($0) } || name.hasSuffix(".lock")
    }
}
