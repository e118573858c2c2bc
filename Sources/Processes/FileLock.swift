import Foundation

/// A lock on a file, which the kernel releases when its holder dies for any reason.
///
/// Unlike a process id, it can't be confused with another process. It belongs to the open file description, so that querying it, from this
/// or another process, never takes it.
public final class FileLock: Sendable {
    // F_OFD_GETLK and F_OFD_SETLK of <fcntl.h>, which Swift does not import because they require _GNU_SOURCE.
    private static let getLock: CInt = 36
    private static let setLock: CInt = 37

    private let descriptor: CInt

    /// Takes the lock; creates the file if it does not exist.
    ///
    /// - Returns: `nil` if the lock is held or the file can't be opened.
    public convenience init?(path: String) {
        guard let descriptor = Self.lock(path) else { return nil }
        self.init(descriptor: descriptor)
    }

    private init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Not in the initialiser: if it failed after storing the descriptor, `deinit` would close it a second time, when the number may belong
    /// to another file.
    private static func lock(_ path: String) -> CInt? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        var request = wholeFile
        guard fcntl(descriptor, setLock, &request) == 0 else {
            close(descriptor)
            return nil
        }
        // The holder's process id, for ``holder(path:)``.
        let number = String(getpid())
        ftruncate(descriptor, 0)
        _ = number.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    /// The process that holds the lock on this file; `nil` if it is free.
    public static func holder(path: String) -> pid_t? {
        guard isHeld(path: path), let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return pid_t(text)
    }

    /// The state of a lock.
    public enum Standing: Sendable, Hashable {
        /// A process holds it.
        case held
        /// The file does not exist, or its lock is free.
        case free
        /// The state can't be determined, for example because too many files are open.
        case unknown
    }

    /// The state of the lock on this file.
    public static func standing(path: String) -> Standing {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? .free : .unknown }
        defer { close(descriptor) }
        var request = wholeFile
        guard fcntl(descriptor, getLock, &request) == 0 else { return .unknown }
        return request.l_type == Int16(F_UNLCK) ? .free : .held
    }

    /// Whether the lock on this file is held or its state unknown: to take a live process for dead does harm.
    public static func isHeld(path: String) -> Bool {
        standing(path: path) != .free
    }

    private static var wholeFile: flock {
        flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
