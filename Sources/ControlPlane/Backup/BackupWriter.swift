import Accounts
import Credentials
import Foundation
import Processes
import Sessions
import Store
import Wording
import Workspaces

/// Writes a backup of a home to one file, which appears only when it is complete. A server may be running.
///
/// Each part is made beside the file, added to it and removed. The manifest is added last, and then the file is renamed.
public struct BackupWriter: Sendable {
    private let home: Home
    private let target: String
    private let now: @Sendable () -> Int64
    private let progress: @Sendable (String) -> Void

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - target: the file's absolute path.
    ///   - progress: receives each step in a sentence.
    public init(
        home: Home, target: String, now: @escaping @Sendable () -> Int64, progress: @escaping @Sendable (String) -> Void
    ) {
        self.home = home
        self.target = target
        self.now = now
        self.progress = progress
    }

    /// Writes the backup.
    ///
    /// - Parameter replaces: whether an existing file is replaced.
    /// - Throws: ``BackupError``; an existing file is then unchanged.
    public func write(replaces: Bool) async throws -> BackupManifest {
        let folder = (target as NSString).deletingLastPathComponent
        try check(folder, replaces: replaces)
        let staging = "\(folder)/.\((target as NSString).lastPathComponent).partial"
        do {
            try FileManager.default.createDirectory(
                atPath: staging, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw BackupError("\(folder) can't be written: \(reason(of: error))")
        }
        guard let lock = FileLock(path: staging + "/lock") else {
            guard FileLock.standing(path: staging + "/lock") == .held else {
                throw BackupError("\(staging)/lock can't be opened for writing. Look at whose it is, or choose another folder.")
            }
            throw BackupError("Another backup into \(target) is being made\(holder(staging)). Wait for it, or choose another name.")
        }
        defer { withExtendedLifetime(lock) { try? FileManager.default.removeItem(atPath: staging) } }
        do {
            // Leftovers of a backup that was killed.
            for name in try FileManager.default.contentsOfDirectory(atPath: staging) where name != "lock" {
                try FileManager.default.removeItem(atPath: "\(staging)/\(name)")
            }
            let parts = try Parts(folder: staging + "/parts", archive: staging + "/archive.tar")
            let manifest = try await write(into: parts)
            progress("Checking the backup …")
            try await BackupReader.check(parts.archive.path, unpackingInto: staging + "/check")
            try await FileDigest.sync(parts.archive.path)
            guard chmod(parts.archive.path, 0o600) == 0, rename(parts.archive.path, target) == 0 else {
                throw BackupError("\(target) can't be written: \(String(cString: strerror(errno))).")
            }
            try await FileDigest.sync(folder)
            return manifest
        } catch {
            throw BackupError("There is no backup in \(target): \(Self.sentence(error, folder))")
        }
    }

    private func check(_ folder: String, replaces: Bool) throws {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw BackupError("There is no folder \(folder). Make it, or choose another place.")
        }
        if files.fileExists(atPath: target, isDirectory: &isFolder) {
            guard !isFolder.boolValue else { throw BackupError("\(target) is a folder. Name a file in it.") }
            guard replaces else { throw BackupError("\(target) is there already. Choose another name, or replace it with --force.") }
        }
    }

    private func holder(_ staging: String) -> String {
        FileLock.holder(path: staging + "/lock").map { " (process \($0))" } ?? ""
    }

    /// The cause and the next step, in a sentence.
    private static func sentence(_ error: any Error, _ folder: String) -> String {
        guard BackupError.meansFullDisk(error) else { return "\(error)" }
        return "the disk of \(folder) is full. Free some space or choose another; a backup needs twice its size while it is made."
    }

    // MARK: - Parts

    /// The files that are added to the archive.
    private struct Parts {
        let folder: String
        let archive: TarFile

        init(folder: String, archive: String) throws {
            for path in ["", "/mirrors", "/lost", "/files/identity", "/" + BackupManifest.Place.renewals] {
                try FileManager.default.createDirectory(
                    atPath: folder + path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            self.folder = folder
            self.archive = try TarFile(archive)
        }

        func path(_ name: String) -> String { "\(folder)/\(name)" }

        /// Adds a file of the folder to the archive and removes it from the folder.
        func add(_ name: String) async throws -> BackupManifest.File {
            let (bytes, sum) = try await FileDigest.of(path(name))
            try await archive.append(name, from: folder)
            try FileManager.default.removeItem(atPath: path(name))
            return BackupManifest.File(path: name, bytes: bytes, sha256: sum)
        }
    }

    private func write(into parts: Parts) async throws -> BackupManifest {
        if let problem = await StateGuard(home: home).problem(.pages(atMost: StateGuard.limit)) { throw BackupError(problem.sentence) }
        guard case .sound = await DatabaseFile(home.database).condition(.pages(atMost: .zero)) else {
            throw BackupError("SAM has not run in \(home.path) yet, so there is nothing to keep.")
        }
        let time = now()
        var files: [BackupManifest.File] = []
        // Copied before the database: what is moved from the files to the database meanwhile is then in the copy of the database.
        let spool = "\(BackupManifest.Place.files)usage.spool"
        if copy(home.usageSpool, parts.path(spool)) { files.append(try await parts.add(spool)) }
        _ = renewals(parts)
        progress("Copying the database …")
        let database = parts.path(BackupManifest.database)
        do {
            try await DatabaseFile(home.database).copy(to: database)
        } catch let error as StoreError where error.code != .full {
            throw BackupError("the database could not be copied: \(error). Look at the disks of both, and at the database with: sam doctor")
        }
        // And after it: a refresh whose outcome came in between is under way in the copy of the database.
        let notes = renewals(parts)
        let kept = parts.path(BackupManifest.Place.renewals)
        let store = try Store.sqlite(at: database)
        let keys = Set(try await SealingKeys.all(in: store)).union(try RenewalFiles.masterKeys(in: kept)).sorted()
        var manifest = BackupManifest(
            format: BackupManifest.format, sam: Server.version, madeAt: time, home: home.path, schema: try await store.schema(),
            masterKeys: keys, sessions: 0, projects: 0, notes: notes, files: [])
        let contents = try await Self.contents(store)
        (manifest.sessions, manifest.projects) = (contents.sessions.count, contents.projects.count)
        try await store.close()
        files.append(try await parts.add(BackupManifest.database))
        for name in try RenewalFiles.names(in: kept) { files.append(try await parts.add("\(BackupManifest.Place.renewals)/\(name)")) }
        files += try await repositories(contents, parts, &manifest.notes)
        files += try await configuration(parts, &manifest.notes)
        manifest.files = files
        try manifest.write(to: parts.path(BackupManifest.name))
        _ = try await parts.add(BackupManifest.name)
        return manifest
    }

    /// The projects, sessions and commits in a database that have files outside of it.
    private struct Contents: Sendable {
        var projects: [(id: String, name: String)] = []
        var sessions: [String] = []
        var commits: [String: Set<String>] = [:]
    }

    private static func contents(_ store: Store) async throws -> Contents {
        // An older server's database may lack some tables.
        guard try await store.pending(Server.migrations).isEmpty else {
            throw BackupError("the database is of an earlier SAM. Start the server of this version once, or make the backup with that one.")
        }
        let (projects, sessions) = try await store.read { transaction in
            (
                try transaction.query("SELECT id, name FROM projects ORDER BY name").map {
                    (id: try $0.text("id"), name: try $0.text("name"))
                },
                try transaction.query("SELECT id FROM sessions ORDER BY id").map { try $0.text("id") }
            )
        }
        let commits = try await SessionRestoration.commits(in: store)
        return Contents(
            projects: projects, sessions: sessions,
            commits: Dictionary(commits.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { $0.union($1) }))
    }

    /// Copies the refreshed sign-ins that the database does not have. A later copy replaces an earlier one.
    ///
    /// - Returns: a sentence about each that can't be read.
    private func renewals(_ parts: Parts) -> [String] {
        let names: [String]
        do {
            names = try RenewalFiles.names(in: home.renewals)
        } catch {
            return ["\(home.renewals) can't be read and is not in the backup: \(reason(of: error))."]
        }
        return names.compactMap { name in
            let path = "\(home.renewals)/\(name)"
            // One that the database has taken meanwhile is gone.
            let place = "\(BackupManifest.Place.renewals)/\(name)"
            let isCopied = BackupManifest.Place.isKnown(place) && copy(path, parts.path(place))
            return isCopied || !FileManager.default.fileExists(atPath: path) ? nil : "\(path) can't be read and is not in the backup."
        }
    }

    /// The refs of mirrors, and of sessions' own repositories.
    private func repositories(
        _ contents: Contents, _ parts: Parts, _ notes: inout [String]
    ) async throws -> [BackupManifest.File] {
        let files = FileManager.default
        let bundles = RepositoryBundle(git: try Git())
        var added: [BackupManifest.File] = []
        for (number, project) in contents.projects.enumerated() {
            let mirror = home.mirrorPath(project.id)
            guard files.fileExists(atPath: mirror) else { continue }
            progress("Bundling the work on \(project.name) (\(number + 1) of \(contents.projects.count)) …")
            let what = RepositoryBundle.Contents(repository: mirror, bases: contents.commits[project.id, default: []].sorted())
            added += try await add(what, as: BackupManifest.Place.mirrors + project.id, bundles, parts, &notes)
        }
        for session in contents.sessions {
            let lost = home.lostWorkPath(session)
            guard files.fileExists(atPath: lost) else { continue }
            // The commit that it started from is in the mirror's bundle.
            let what = RepositoryBundle.Contents(repository: lost, known: "refs/sam/base")
            added += try await add(what, as: BackupManifest.Place.lostWork + session, bundles, parts, &notes)
        }
        return added
    }

    private func add(
        _ contents: RepositoryBundle.Contents, as name: String, _ bundles: RepositoryBundle, _ parts: Parts, _ notes: inout [String]
    ) async throws -> [BackupManifest.File] {
        let bundle = name + BackupManifest.Place.bundle
        guard let count = try await bundles.write(contents, to: parts.path(bundle), scratch: parts.path("scratch.git")) else { return [] }
        if count.missing > 0 { notes.append("\(contents.repository) lacks \(count.missing) of the commits that it should have.") }
        var added = [try await parts.add(bundle)]
        if let shallow = RepositoryBundle.shallow(of: contents.repository) {
            let name = name + BackupManifest.Place.shallow
            try Data(shallow.utf8).write(to: URL(filePath: parts.path(name)))
            added.append(try await parts.add(name))
        }
        return added
    }

    /// The configuration files of this server.
    private func configuration(_ parts: Parts, _ notes: inout [String]) async throws -> [BackupManifest.File] {
        let place = BackupManifest.Place.files
        var names = home.configurationFiles.map { ($0, (($0 as NSString).lastPathComponent)) }
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: home.identityKeys)) ?? []).sorted() {
            guard BackupManifest.Place.isKnown("\(place)identity/\(name)") else { continue }
            names.append(("\(home.identityKeys)/\(name)", "identity/\(name)"))
        }
        var added: [BackupManifest.File] = []
        for (path, name) in names where FileManager.default.fileExists(atPath: path) {
            guard copy(path, parts.path(place + name)) else {
                notes.append("\(path) can't be read and is not in the backup.")
                continue
            }
            added.append(try await parts.add(place + name))
        }
        return added
    }

    private func copy(_ path: String, _ target: String) -> Bool {
        guard let content = FileManager.default.contents(atPath: path) else { return false }
        return FileManager.default.createFile(atPath: target, contents: content, attributes: [.posixPermissions: 0o600])
    }
}
