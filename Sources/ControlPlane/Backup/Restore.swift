import Accounts
import Credentials
import Foundation
import Metering
import Processes
import Sessions
import Store
import Vault
import Wording
import Workspaces

/// Restores a home from a backup. The current state is moved aside, and nothing is touched before the backup was checked.
public struct Restore: Sendable {
    private let home: Home
    private let file: String
    private let keys: KeyringSource
    private let now: @Sendable () -> Int64
    private let progress: @Sendable (String) -> Void

    /// The result of a restore.
    public struct Outcome: Sendable, Codable {
        /// The backup's manifest.
        public var manifest: BackupManifest
        /// The home's path.
        public var home: String
        /// The folder of the earlier state; `nil` if there was none.
        public var movedTo: String?
        /// The names of the files and folders of the earlier state that are there.
        public var moved: [String]
        /// The number of sessions that were running in the backup and have ended.
        public var ended: Int
        /// The number of API tokens, which are those of the time of the backup again.
        public var tokens: Int
        /// The number of gateway keys, which are those of the time of the backup again.
        public var keys: Int
        /// The number of the earlier state's agents that still run. They end once a server starts.
        public var running: Int
        /// Notes on what could not be restored, a sentence each.
        public var notes: [String]
    }

    /// Creates a restore.
    ///
    /// - Parameters:
    ///   - file: the backup's absolute path.
    ///   - environment: the environment, which may have the master keys.
    ///   - progress: receives each step in a sentence.
    public init(
        home: Home, file: String, environment: [String: String], now: @escaping @Sendable () -> Int64,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.home = home
        self.file = file
        keys = KeyringSource(environment: environment, file: home.masterKeys)
        self.now = now
        self.progress = progress
    }

    /// Restores the home.
    ///
    /// - Throws: ``BackupError``; the home is then unchanged.
    public func run() async throws -> Outcome {
        // Only what the checks need; a refused restore removes it again.
        let made = try NewFiles(in: home)
        let lock: FileLock
        do {
            lock = try ServerLock.take(home)
        } catch {
            switch error {
            case .held(let process):
                let holder = process.map { " (process \($0))" } ?? ""
                throw BackupError(
                    "A server runs on \(home.path)\(holder). Stop it first (sam stop); its agents keep running. Nothing was changed.")
            case .unusable(let sentence):
                made.removeFolders()
                throw BackupError("\(sentence) Nothing was changed.")
            }
        }
        let staging = home.path + "/restore.partial"
        defer { withExtendedLifetime(lock) {} }
        do {
            // Leftovers of a restore that was killed.
            if FileManager.default.fileExists(atPath: staging) { try FileManager.default.removeItem(atPath: staging) }
            defer { try? FileManager.default.removeItem(atPath: staging) }
            return try await restore(staging)
        } catch {
            made.remove()
            throw BackupError("\(file) was not restored: \(Self.sentence(error, home)) Nothing was changed in \(home.path).")
        }
    }

    private static func sentence(_ error: any Error, _ home: Home) -> String {
        let text = "\(error)"
        if BackupError.meansFullDisk(error) {
            return "the disk of \(home.path) is full. Free some space; a restore needs twice the backup's size."
        }
        return text.hasSuffix(".") ? text : text + "."
    }

    // MARK: - Steps

    private func restore(_ staging: String) async throws -> Outcome {
        progress("Checking \(file) …")
        let unpacked = staging + "/backup"
        let manifest = try await BackupReader.check(file, unpackingInto: unpacked)
        let fresh = staging + "/state"
        try FileManager.default.createDirectory(atPath: fresh, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let database = "\(fresh)/\(BackupManifest.database)"
        try FileManager.default.moveItem(atPath: "\(unpacked)/\(BackupManifest.database)", toPath: database)
        guard chmod(database, 0o600) == 0 else { throw BackupError("\(database) can't be written.") }

        let store = try Store.sqlite(at: database)
        // Before any change: a newer SAM's database is refused here.
        _ = try await store.pending(Server.migrations)
        try await RestoredKeys.check(keys, open: store, renewals: "\(unpacked)/\(BackupManifest.Place.renewals)")
        progress("Ending what was under way …")
        var outcome = Outcome(
            manifest: manifest, home: home.path, movedTo: nil, moved: [], ended: 0, tokens: 0, keys: 0, running: 0,
            notes: manifest.notes)
        try await change(store, &outcome)
        try await store.close()

        try await repositories(manifest, unpacked, fresh, &outcome)
        try placeFiles(manifest, unpacked, fresh)
        outcome.running = runningAgents()
        let aside = home.earlierState(Self.stamp(now()))
        let move = StateMove(folder: home.path, fresh: fresh, aside: aside, names: home.stateNames)
        try await FileDigest.sync(database)
        outcome.moved = try move.run().sorted()
        if !outcome.moved.isEmpty { outcome.movedTo = aside }
        outcome.notes += Self.unstored(in: home.earlierRenewals(aside))
        try await FileDigest.sync(home.path)
        return outcome
    }

    /// Settles everything that was running, so that a server can start on the database.
    private func change(_ store: Store, _ outcome: inout Outcome) async throws {
        try await store.migrate(Server.migrations, now: now())
        let accounts = Accounts(store: store, now: now)
        let sessions = SessionRestoration(store: store, accounts: accounts, now: now)
        outcome.ended = try await sessions.settle()
        let madeAt = outcome.manifest.madeAt
        (outcome.tokens, outcome.keys) = try await store.write { transaction in
            try UsageLedger.forgetHolders(in: transaction)
            try accounts.record(transaction, .sam, "state.restored", home.path, "from a backup of \(Self.stamp(madeAt))")
            func count(_ row: Row?) throws -> Int { try row?.integer("n") ?? 0 }
            return (
                try count(transaction.first("SELECT COUNT(*) AS n FROM api_tokens")),
                try count(transaction.first("SELECT COUNT(*) AS n FROM leases WHERE key_id IS NOT NULL"))
            )
        }
    }

    /// Creates the mirrors and the sessions' own repositories from their bundles.
    private func repositories(_ manifest: BackupManifest, _ unpacked: String, _ fresh: String, _ outcome: inout Outcome) async throws {
        let bundles = RepositoryBundle(git: try Git())
        for folder in ["mirrors", "sessions"] {
            try FileManager.default.createDirectory(
                atPath: "\(fresh)/\(folder)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        let projects = names(manifest, BackupManifest.Place.mirrors)
        for (number, project) in projects.enumerated() {
            progress("Making mirror \(number + 1) of \(projects.count) …")
            let bundle = "\(unpacked)/\(BackupManifest.Place.mirrors)\(project)"
            do {
                try await bundles.restoreMirror(
                    bundle + BackupManifest.Place.bundle, shallow: shallow(bundle), to: "\(fresh)/mirrors/\(project).git")
            } catch let error as WorkspaceError {
                outcome.notes.append(
                    "The work on project \(project) could not be put into a mirror and is only in the backup: \(error)")
            }
        }
        let owners = try await owners("\(fresh)/\(BackupManifest.database)")
        for session in names(manifest, BackupManifest.Place.lostWork) {
            guard let project = owners[session] else { continue }
            let bundle = "\(unpacked)/\(BackupManifest.Place.lostWork)\(session)"
            let target = "\(fresh)/sessions/\(session)"
            try FileManager.default.createDirectory(
                atPath: target, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            do {
                try await bundles.restoreLostWork(
                    bundle + BackupManifest.Place.bundle, shallow: shallow(bundle), to: target + "/lost.git",
                    borrowing: "\(fresh)/mirrors/\(project).git", later: home.mirrorPath(project))
            } catch let error as WorkspaceError {
                outcome.notes.append("Lost commits of session \(session) could not be put back and are only in the backup: \(error)")
            }
        }
    }

    /// Each session's project.
    private func owners(_ database: String) async throws -> [String: String] {
        let store = try Store.sqlite(at: database)
        let owners = try await store.read { transaction in
            try transaction.query("SELECT id, project_id FROM sessions").map { (try $0.text("id"), try $0.text("project_id")) }
        }
        try await store.close()
        return Dictionary(owners, uniquingKeysWith: { $1 })
    }

    private func names(_ manifest: BackupManifest, _ place: String) -> [String] {
        manifest.files.map(\.path).filter { $0.hasPrefix(place) && $0.hasSuffix(BackupManifest.Place.bundle) }.map {
            String($0.dropFirst(place.count).dropLast(BackupManifest.Place.bundle.count))
        }
    }

    private func shallow(_ bundle: String) -> String? {
        FileManager.default.contents(atPath: bundle + BackupManifest.Place.shallow).map { String(decoding: $0, as: UTF8.self) }
    }

    private func placeFiles(_ manifest: BackupManifest, _ unpacked: String, _ fresh: String) throws {
        let place = BackupManifest.Place.files
        for file in manifest.files where file.path.hasPrefix(place) {
            let name = String(file.path.dropFirst(place.count))
            let target = "\(fresh)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            try FileManager.default.moveItem(atPath: "\(unpacked)/\(file.path)", toPath: target)
        }
    }

    /// The number of the current state's agents that still run.
    private func runningAgents() -> Int {
        let sessions = home.path + "/sessions"
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: sessions)) ?? []
        return folders.reduce(0) { count, session in
            let attempts = ((try? FileManager.default.contentsOfDirectory(atPath: "\(sessions)/\(session)")) ?? [])
                .filter { $0.hasPrefix("attempt-") }
            return count + attempts.count { FileLock.isHeld(path: "\(sessions)/\(session)/\($0)/lock") }
        }
    }

    /// What is to be said of refreshed sign-ins that the earlier database did not have.
    private static func unstored(in folder: String) -> [String] {
        let count: Int
        do {
            count = try RenewalFiles.names(in: folder).count
        } catch {
            // The state is restored already.
            return ["\(folder) can't be read; refreshed sign-ins may be in it: \(reason(of: error))."]
        }
        guard count > 0 else { return [] }
        let signIns = count == 1 ? "1 refreshed sign-in" : "\(count) refreshed sign-ins"
        return [
            """
            \(signIns) that the earlier database had not taken yet \(count == 1 ? "is" : "are") in \(folder) and no longer used. Where the \
            restored sign-in is refused, sign in again.
            """
        ]
    }

    /// A time for file names, in UTC.
    private static func stamp(_ time: Int64) -> String {
        Date(timeIntervalSince1970: Double(time) / 1_000).formatted(
            .verbatim(
                "\(year: .padded(4))\(month: .twoDigits)\(day: .twoDigits)T\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)Z",
                timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
    }
}
