import Foundation

/// A lock on a file that the kernel lets go of when its holder dies, however it dies.
///
/// Unlike a process number it can't be mistaken for somebody else's.
public final class FileLock: Sendable {
    private let descriptor: CInt

    /// Takes the lock, making the file if need be.
    ///
    /// - Returns: `nil` when somebody else holds it, or the file can't be opened.
    public init?(path: String) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        // Whoever finds the lock held reads here by whom.
        let number = String(getpid())
        ftruncate(descriptor, 0)
        _ = number.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit {
        close(descriptor)
    }

    /// The process that holds the lock on this file, or `nil` when nobody does.
    public static func holder(path: String) -> pid_t? {
        guard isHeld(path: path), let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return pid_t(text)
    }

    /// Whether somebody holds the lock on this file.
    public static func isHeld(path: String) -> Bool {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
        return false
    }
}
