import Foundation

/// A file beside the database that holds what the database does not have yet: requests under way, and those that ended
/// since the last batch.
///
/// A line is in the kernel's hands when the call returns, so it outlives the death of the process, though not that of the
/// machine. Not safe to share: its owner guards it.
struct UsageSpool: ~Copyable {
    private let path: String
    private var descriptor: Int32
    private(set) var bytes = 0

    /// Opens a spool, making it if there is none.
    ///
    /// - Throws: ``MeteringError/Code/spool``.
    init(path: String) throws(MeteringError) {
        self.path = path
        descriptor = try Self.open(path, O_RDWR | O_CREAT | O_APPEND)
        bytes = Int(lseek(descriptor, 0, SEEK_END))
    }

    private static func open(_ path: String, _ flags: Int32) throws(MeteringError) -> Int32 {
        let descriptor = Foundation.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MeteringError(
                .spool, "The file \(path), which keeps usage until it is stored, can't be opened: \(String(cString: strerror(errno))).")
        }
        return descriptor
    }

    /// The lines that stand there.
    func lines() -> [SpoolLine] {
        let content = FileManager.default.contents(atPath: path) ?? Data()
        return String(decoding: content, as: UTF8.self).split(separator: "\n").compactMap { SpoolLine($0) }
    }

    /// Appends a line.
    ///
    /// - Throws: ``MeteringError/Code/spool`` when the disk refuses it.
    mutating func append(_ line: SpoolLine) throws(MeteringError) {
        let line = line.bytes
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.count else {
            throw MeteringError(.spool, "Usage can't be kept in \(path): \(String(cString: strerror(errno))).")
        }
        bytes += written
    }

    /// Leaves only these lines: the others are stored elsewhere. They stand in a file of their own before it takes the place of
    /// this one, so that a death in between leaves one or the other.
    ///
    /// - Throws: ``MeteringError/Code/spool``; everything stands as before then.
    mutating func compact(to lines: [SpoolLine]) throws(MeteringError) {
        // Where nothing is to be left there is nothing to lose.
        if lines.isEmpty, ftruncate(descriptor, 0) == 0 {
            bytes = 0
            return
        }
        let fresh = path + ".new"
        let other = try Self.open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
        let all = lines.flatMap(\.bytes)
        let written = all.withUnsafeBytes { write(other, $0.baseAddress, $0.count) }
        guard written == all.count, rename(fresh, path) == 0 else {
            close(other)
            throw MeteringError(.spool, "\(path) can't be written anew: \(String(cString: strerror(errno))).")
        }
        close(descriptor)
        descriptor = other
        bytes = written
    }

    deinit {
        close(descriptor)
    }
}
