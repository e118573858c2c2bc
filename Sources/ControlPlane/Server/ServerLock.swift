import Foundation
import Processes
import Workspaces

/// The lock on a home, which one server or restore holds at a time.
enum ServerLock {
    /// Why it can't be taken.
    enum Refusal: Error, Hashable {
        /// A server or restore holds it: its process, if that is known.
        case held(pid_t?)
        /// It can't be opened; the sentence says why and what to do.
        case unusable(String)
    }

    /// Takes the lock.
    static func take(_ home: Home) throws(Refusal) -> FileLock {
        // Without rights the lock can't be opened, which is no sign of a server.
        if let obstacle = DatabaseObstacle.ofFolder(home) { throw .unusable("\(obstacle.problem.what) \(obstacle.problem.remedy)") }
        if let lock = FileLock(path: home.serverLock) { return lock }
        switch FileLock.standing(path: home.serverLock) {
        case .held: throw .held(FileLock.holder(path: home.serverLock))
        case .free:
            if let lock = FileLock(path: home.serverLock) { return lock }
            throw .unusable("\(home.serverLock) can't be opened for writing. Look at whose it is, and at the disk.")
        case .unknown:
            throw .unusable(
                "Whether a server runs on \(home.path) can't be told: \(home.serverLock) can't be opened. Look at what it is, and whose.")
        }
    }
}
