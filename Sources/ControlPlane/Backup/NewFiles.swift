import Foundation
import Wording
import Workspaces

/// What a restore makes before the backup is checked: the home's folder, if there is none, and the lock in it.
struct NewFiles {
    /// The folders that were missing, the deepest first.
    private let folders: [String]
    private let lock: String?

    /// Makes the home's folder, accessible for its owner only. The lock is the caller's to make.
    ///
    /// - Throws: ``BackupError`` when it can't be made.
    init(in home: Home) throws {
        let files = FileManager.default
        var missing: [String] = []
        var folder = home.path
        while !files.fileExists(atPath: folder), folder != "/" {
            missing.append(folder)
            folder = (folder as NSString).deletingLastPathComponent
        }
        folders = missing
        lock = files.fileExists(atPath: home.serverLock) ? nil : home.serverLock
        do {
            try files.createDirectory(atPath: home.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            remove()
            throw BackupError("SAM's home \(home.path) can't be made: \(reason(of: error)). Nothing was changed.")
        }
    }

    /// Removes what was made, as far as nothing else came into it.
    func remove() {
        if let lock { unlink(lock) }
        removeFolders()
    }

    /// Removes only the folders, as far as nothing is in them.
    func removeFolders() {
        for folder in folders { rmdir(folder) }
    }
}
