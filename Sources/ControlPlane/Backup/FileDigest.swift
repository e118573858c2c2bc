import Crypto
import Foundation

/// Reads files of any size off the cooperative pool's threads.
enum FileDigest {
    /// A file's size, and its SHA-256 in hex.
    ///
    /// - Throws: the error of reading it.
    static func of(_ path: String) async throws -> (bytes: Int, sha256: String) {
        try await aside {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }
            var hash = SHA256()
            var bytes = 0
            while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
                hash.update(data: piece)
                bytes += piece.count
            }
            return (bytes, hash.finalize().map { String(format: "%02x", $0) }.joined())
        }
    }

    /// Flushes a file, or a folder's entries, to disk.
    ///
    /// - Throws: ``BackupError``.
    static func sync(_ path: String) async throws {
        try await aside {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw BackupError("\(path) can't be opened: \(String(cString: strerror(errno))).") }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else { throw BackupError("\(path) can't be stored: \(String(cString: strerror(errno))).") }
        }
    }

    private static func aside<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
