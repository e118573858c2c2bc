import Foundation
import Store

/// What a backup says of itself: who made it, when, of what, and each file's size and checksum.
public struct BackupManifest: Sendable, Hashable, Codable {
    /// The version of the backup's own form.
    public var format: Int
    /// The version of SAM that made it.
    public var sam: String
    /// When, in UTC milliseconds.
    public var madeAt: Int64
    /// The home's path.
    public var home: String
    /// The newest migration of each module.
    public var schema: [String: Int]
    /// The ids of the master keys without which the secrets in it can't be opened. The keys themselves are not in it.
    public var masterKeys: [String]
    public var sessions: Int
    public var projects: Int
    /// What could not be taken in, a sentence each.
    public var notes: [String]
    public var files: [File]

    /// A file in a backup.
    public struct File: Sendable, Hashable, Codable {
        /// Relative, with slashes.
        public var path: String
        public var bytes: Int
        /// In hex.
        public var sha256: String
    }

    /// The newest form that this program knows.
    static let format = 1
    /// The manifest's own name in a backup.
    static let name = "manifest.json"
    static let database = "sam.db"

    /// Where things stand in a backup.
    enum Place {
        static let mirrors = "mirrors/"
        static let lostWork = "lost/"
        static let files = "files/"
        static let bundle = ".bundle"
        static let shallow = ".shallow"
    }

    /// Reads a manifest.
    ///
    /// - Throws: ``BackupError`` when it is not a backup, or has a newer form.
    static func read(_ file: String) throws -> BackupManifest {
        guard let content = FileManager.default.contents(atPath: file) else { throw BackupError("it has no \(name)") }
        let decoder = JSONDecoder()
        struct Form: Decodable { var format: Int }
        do {
            let form = try decoder.decode(Form.self, from: content).format
            guard form <= format else {
                throw BackupError("it was made by a newer SAM (form \(form), and this one knows \(format)); use that one")
            }
            return try decoder.decode(BackupManifest.self, from: content)
        } catch is DecodingError {
            throw BackupError("its \(name) can't be read")
        }
    }

    func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(filePath: file))
    }
}
