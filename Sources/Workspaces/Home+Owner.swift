import Foundation
import Processes

extension Home {
    /// Refuses a home that belongs to another user, in whole or in its most important files: that user could not read what this one writes
    /// there.
    ///
    /// - Throws: ``WorkspaceError`` that names both users and what to do.
    public func checkOwner(_ me: uid_t = geteuid()) throws {
        for path in [path, database, masterKeys, tokenFile, serverLock] {
            var status = stat()
            guard lstat(path, &status) == 0, status.st_uid != me else { continue }
            let owner = UnixUser.name(of: status.st_uid)
            let remedy =
                me == 0
                ? "Serve it as that user: sam serve --user \(owner)"
                : "Make it yours, as root: chown -R \(UnixUser.name(of: me)) \(self.path). Or set SAM_HOME to a folder of your own."
            throw WorkspaceError(.home, "\(path) belongs to \(owner), and this is \(UnixUser.name(of: me)). \(remedy)")
        }
    }
}
