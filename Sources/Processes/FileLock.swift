import Foundation

/// A lock on a file that the kernel lets go of when its holder dies, however it dies.
///
/// Unlike a process number it can't be mistaken for somebody else's. It belongs to the open file, so looking
/// at it, from this process or another, never takes it.
public final class FileLock: Sendable {
    // From <fcntl.h>; Swift does not see them because they hide behind _GNU_SOURCE.
    private static let getLock: CInt = 36
    private static let setLock: CInt = 37

    private let descriptor: CInt

    /// Takes the lock, making the file if need be.
    ///
    /// - Returns: `nil` when somebody else holds it, or the file can't be opened.
    public convenience init?(path: String) {
        guard let descriptor = Self.lock(path) else { return nil }
        self.init(descriptor: descriptor)
    }

    private init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Not part of the initialiser: one that fails after the descriptor is stored would close it a second time in
    /// `deinit`, when the number may be somebody else's.
    private static func lock(_ path: String) -> CInt? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        var request = wholeFile
        guard fcntl(descriptor, setLock, &request) == 0 else {
            close(descriptor)
            return nil
        }
        // Whoever finds the lock held reads here by whom.
        let number = String(getpid())
        ftruncate(descriptor, 0)
        _ = number.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    /// The process that holds the lock on this file, or `nil` when nobody does.
    public static func holder(path: String) -> pid_t? {
        guard isHeld(path: path), let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return pid_t(text)
    }

    /// Whether somebody holds a lock.
    public enum Standing: Sendable, Hashable {
        case held
        /// The file is not there, or its lock is seen to be free.
        case free
        /// It can't be told: too many files are open, say.
        case unknown
    }

    /// Whether somebody holds the lock on this file.
    public static func standing(path: String) -> Standing {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? .free : .unknown }
        defer { close(descriptor) }
        var request = wholeFile
        guard fcntl(descriptor, getLock, &request) == 0 else { return .unknown }
        return request.l_type == Int16(F_UNLCK) ? .free : .held
    }

    /// Whether somebody holds the lock on this file, as far as can be told: taking a living process for dead does harm.
    public static func isHeld(path: String) -> Bool {
        standing(path: path) != .free
    }

    private static var wholeFile: flock {
        flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
