import Foundation
import Store

/// Checks a backup: every file's checksum, and the database page by page.
public enum BackupReader {
    /// Checks a backup without restoring anything.
    ///
    /// - Parameter scratch: a path that does not exist, on a disk with room for the backup.
    /// - Throws: ``BackupError``.
    public static func verify(_ file: String, scratch: String) async throws -> BackupManifest {
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        do {
            return try await check(file, unpackingInto: scratch)
        } catch {
            throw BackupError("The backup \(file) can't be used: \(error).")
        }
    }

    /// Unpacks and checks a backup.
    ///
    /// - Throws: ``BackupError`` with a part of a sentence.
    @discardableResult
    static func check(_ file: String, unpackingInto folder: String) async throws -> BackupManifest {
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw BackupError(FileManager.default.fileExists(atPath: file) ? "it can't be read" : "there is no such file")
        }
        let archive = try TarFile(file)
        let names = try await archive.names()
        guard Set(names).count == names.count, names.allSatisfy(BackupManifest.Place.isKnown) else {
            throw BackupError("it holds names that no backup has")
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try await archive.extract(into: folder)
        let manifest = try BackupManifest.read("\(folder)/\(BackupManifest.name)")
        guard Set(names) == Set(manifest.files.map(\.path) + [BackupManifest.name]), names.contains(BackupManifest.database) else {
            throw BackupError("it does not hold what its \(BackupManifest.name) names")
        }
        for file in manifest.files {
            let (bytes, sum) = try await FileDigest.of("\(folder)/\(file.path)")
            guard bytes == file.bytes, sum == file.sha256 else { throw BackupError("\(file.path) in it was changed or is cut short") }
        }
        switch await DatabaseFile("\(folder)/\(BackupManifest.database)").condition(.everything) {
        case .sound: return manifest
        case .damaged(let why): throw BackupError("the database in it is damaged: \(why)")
        case .diskFull: throw StoreError(.full, "The disk is full.")
        case .denied: throw BackupError("the database in it can't be read where it was unpacked, in \(folder)")
        case .missing, .empty, .foreign: throw BackupError("the database in it is not SAM's")
        }
    }
}
