import Foundation
import Store
import Workspaces

/// A backup's description of itself: its origin and time, and each file's size and checksum.
public struct BackupManifest: Sendable, Hashable, Codable {
    /// The version of the backup's format.
    public var format: Int
    /// The version of SAM that made it.
    public var sam: String
    /// The time, in UTC milliseconds.
    public var madeAt: Int64
    /// The home's path.
    public var home: String
    /// The newest migration of each module.
    public var schema: [String: Int]
    /// The ids of the master keys that are needed to open its secrets. The keys themselves are not included.
    public var masterKeys: [String]
    /// The number of sessions.
    public var sessions: Int
    /// The number of projects.
    public var projects: Int
    /// Notes on what could not be included, a sentence each.
    public var notes: [String]
    /// The files, without the manifest.
    public var files: [File]

    /// A file in a backup.
    public struct File: Sendable, Hashable, Codable {
        /// A relative path with slashes.
        public var path: String
        /// The size.
        public var bytes: Int
        /// The checksum in hex.
        public var sha256: String
    }

    /// The newest format that this program knows.
    static let format = 1
    /// The manifest's name in a backup.
    static let name = "manifest.json"
    static let database = "sam.db"

    /// The paths in a backup.
    enum Place {
        static let mirrors = "mirrors/"
        static let lostWork = "lost/"
        static let files = "files/"
        /// Refreshed sign-ins that the database does not have.
        static let renewals = "files/renewals"
        static let bundle = ".bundle"
        static let shallow = ".shallow"
        private static let configuration = Home(path: "").configurationFiles.map { ($0 as NSString).lastPathComponent }

        /// Whether a backup that SAM wrote can hold a file of this path. A restore places nothing else: a repository with a configuration of
        /// its own, or a token, would run programs or let somebody in.
        static func isKnown(_ path: String) -> Bool {
            if [BackupManifest.name, BackupManifest.database, files + "usage.spool"].contains(path) { return true }
            if configuration.contains(where: { files + $0 == path }) { return true }
            return path.wholeMatch(of: #/(?:mirrors|lost)/[A-Za-z0-9_-]+\.(?:bundle|shallow)/#) != nil
                || path.wholeMatch(of: #/files/(?:identity|renewals)/[A-Za-z0-9][A-Za-z0-9._-]*/#) != nil
        }
    }

    /// Reads a manifest.
    ///
    /// - Throws: ``BackupError`` if it is no backup or has a newer format.
    static func read(_ file: String) throws -> BackupManifest {
        guard let content = FileManager.default.contents(atPath: file) else { throw BackupError("it has no \(name)") }
        let decoder = JSONDecoder()
        struct Form: Decodable { var format: Int }
        do {
            let form = try decoder.decode(Form.self, from: content).format
            guard form >= 1 else { throw BackupError("its \(name) has the unknown form \(form)") }
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
