import Foundation

/// A file beside the database that holds what the database does not have yet: requests under way, and those that ended
/// since the last batch.
///
/// A line is in the kernel's hands when the call returns, so it outlives the death of the process, though not that of the
/// machine. Not safe to share: its owner guards it.
struct UsageSpool: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private(set) var bytes = 0

    /// Opens a spool, making it if there is none.
    ///
    /// - Throws: ``MeteringError/Code/spool``.
    init(path: String) throws(MeteringError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MeteringError(
                .spool, "The file \(path), which keeps usage until it is stored, can't be opened: \(String(cString: strerror(errno))).")
        }
        bytes = Int(lseek(descriptor, 0, SEEK_END))
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
        var text = line.text
        let written = text.withUTF8 { write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.utf8.count else {
            throw MeteringError(.spool, "Usage can't be kept in \(path): \(String(cString: strerror(errno))).")
        }
        bytes += written
    }

    /// Leaves only these lines: the others are stored elsewhere. A death in between leaves either the old file or one whose
    /// lines are known to be stored again, which changes nothing.
    mutating func compact(to lines: [SpoolLine]) throws(MeteringError) {
        guard ftruncate(descriptor, 0) == 0 else {
            throw MeteringError(.spool, "\(path) can't be emptied: \(String(cString: strerror(errno))).")
        }
        bytes = 0
        for line in lines { try append(line) }
    }

    deinit {
        close(descriptor)
    }
}
