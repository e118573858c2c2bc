import API
import Foundation
import Processes
import Store
import Workspaces

/// What keeps SAM from using a database in which nothing is wrong. No backup helps, so none is suggested.
enum DatabaseObstacle: Sendable, Hashable {
    /// A file or folder that this user can't read and write.
    case denied(path: String, folder: String)
    /// The disk is mounted for reading only.
    case readOnlyDisk(path: String)
    case diskFull(path: String)

    /// Looks at the home and the database's files. Changes nothing.
    static func found(_ home: Home) -> DatabaseObstacle? {
        let database = URL(filePath: home.database).resolvingSymlinksInPath().path(percentEncoded: false)
        var places = [(home.path, R_OK | W_OK | X_OK)]
        places += ["", "-wal", "-shm"].map { (database + $0, R_OK | W_OK) }
        for (path, rights) in places {
            if let obstacle = at(path, rights, home) { return obstacle }
        }
        return nil
    }

    /// What keeps the home itself from being written, whatever is in it. Changes nothing.
    static func ofFolder(_ home: Home) -> DatabaseObstacle? { at(home.path, R_OK | W_OK | X_OK, home) }

    private static func at(_ path: String, _ rights: Int32, _ home: Home) -> DatabaseObstacle? {
        guard access(path, rights) != 0 else { return nil }
        switch errno {
        case EACCES, EPERM: return .denied(path: path, folder: home.path)
        case EROFS: return .readOnlyDisk(path: path)
        default: return nil
        }
    }

    /// The obstacle that an error reports; `nil` for other errors.
    init?(_ error: any Error, home: Home) {
        guard let error = error as? StoreError else { return nil }
        if error.code == .denied {
            self = Self.found(home) ?? .denied(path: home.database, folder: home.path)
        } else if error.code == .full {
            self = .diskFull(path: home.database)
        } else {
            return nil
        }
    }

    /// The problem with its remedy.
    var problem: StateGuard.Problem {
        switch self {
        case .denied(let path, let folder):
            let user = UnixUser.name(of: geteuid())
            let rights = path == folder ? "700" : "600"
            return StateGuard.Problem(
                what: "\(path) can't be read and written by \(user).",
                remedy: "Give it to them: chown \(user) '\(path)' && chmod \(rights) '\(path)'.")
        case .readOnlyDisk(let path):
            return StateGuard.Problem(
                what: "\(path) is on a disk that is mounted read-only.",
                remedy: "Mount it for writing, or set SAM_HOME to a folder on another disk.")
        case .diskFull(let path):
            return StateGuard.Problem(what: "The disk of \(path) is full.", remedy: "Free some space on it, and start again.")
        }
    }
}
