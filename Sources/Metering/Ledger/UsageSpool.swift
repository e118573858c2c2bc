import Foundation

/// A file beside the database with what the database does not have yet: open requests, and those that ended since the last batch.
///
/// A line is passed to the kernel before the call returns: it survives a crash of the process, not of the machine. Not thread-safe; the
/// owner must guard it.
struct UsageSpool: ~Copyable {
    private let path: String
    private var descriptor: Int32
    private(set) var bytes = 0
    /// Whether the file ends in the middle of a line, so that the next one must start with a line feed.
    private var isTorn = false

    /// Opens a spool, creating the file if it is missing.
    ///
    /// - Throws: ``MeteringError/Code/spool``.
    init(path: String) throws(MeteringError) {
        self.path = path
        descriptor = try Self.open(path, O_RDWR | O_CREAT | O_APPEND)
        bytes = Int(lseek(descriptor, 0, SEEK_END))
        var last: UInt8 = 0x0a
        isTorn = bytes > 0 && pread(descriptor, &last, 1, off_t(bytes - 1)) == 1 && last != 0x0a
    }

    private static func open(_ path: String, _ flags: Int32) throws(MeteringError) -> Int32 {
        let descriptor = Foundation.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MeteringError(
                .spool, "The file \(path), which keeps usage until it is stored, can't be opened: \(String(cString: strerror(errno))).")
        }
        return descriptor
    }

    /// The valid lines of the file.
    func lines() -> [SpoolLine] {
        let content = FileManager.default.contents(atPath: path) ?? Data()
        return String(decoding: content, as: UTF8.self).split(separator: "\n").compactMap { SpoolLine($0) }
    }

    /// Appends a line.
    ///
    /// - Throws: ``MeteringError/Code/spool`` if the line can't be written. A part of it may remain, which readers skip.
    mutating func append(_ line: SpoolLine) throws(MeteringError) {
        let line = isTorn ? [0x0a] + line.bytes : line.bytes
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.count else {
            let error = errno
            if written > 0 { cut(written) }
            throw MeteringError(
                .spool, "Usage can't be kept in \(path): \(written < 0 ? String(cString: strerror(error)) : "there is no room").")
        }
        isTorn = false
        bytes += written
    }

    /// Removes a part of a line. If that fails it stays, and the next line begins after it.
    private mutating func cut(_ written: Int) {
        if ftruncate(descriptor, off_t(bytes)) == 0 { return }
        bytes += written
        isTorn = true
    }

    /// Replaces the content with these lines; the others are in the database. They are written to a new file that then replaces this one,
    /// so that a crash leaves one or the other.
    ///
    /// - Throws: ``MeteringError/Code/spool``; the file is unchanged then.
    mutating func compact(to lines: [SpoolLine]) throws(MeteringError) {
        // With no lines to keep, truncating is safe.
        if lines.isEmpty, ftruncate(descriptor, 0) == 0 {
            bytes = 0
            isTorn = false
            return
        }
        let fresh = path + ".new"
        let other = try Self.open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
        let all = lines.flatMap(\.bytes)
        let written = all.withUnsafeBytes { write(other, $0.baseAddress, $0.count) }
        guard written == all.count, rename(fresh, path) == 0 else {
            close(other)
            throw MeteringError(.spool, "\(path) can't be rewritten: \(String(cString: strerror(errno))).")
        }
        close(descriptor)
        descriptor = other
        bytes = written
        isTorn = false
    }

    deinit {
        close(descriptor)
    }
}
