import Foundation

extension Home {
    /// What in the folder tells that SAM has run here: things that a server makes after its database, or fills later.
    ///
    /// What people put there themselves, and the empty folders and the log that any command makes, tell nothing.
    public var traces: [String] {
        let files = FileManager.default
        let log = database + "-wal"
        let holdsLog = (try? files.attributesOfItem(atPath: log))?[.size] as? Int ?? 0 > 0
        let names = ([masterKeys, tokenFile, usageSpool].filter { files.fileExists(atPath: $0) } + (holdsLog ? [log] : [])).map(name)
        let folders = [mirrors, sessions].filter { folder in
            // A folder that can't be read holds something as far as anybody knows.
            !files.fileExists(atPath: folder) ? false : (try? files.contentsOfDirectory(atPath: folder))?.isEmpty != true
        }
        return names + folders.map(name) + earlierStates
    }

    /// Folders with states that a restore has moved aside, by name.
    public var earlierStates: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasPrefix(Self.earlierStatePrefix) }.sorted()
    }

    /// How the names of such folders begin; the time follows.
    static let earlierStatePrefix = "before-restore-"

    /// The folder into which a restore at this time moves what is there.
    package func earlierState(_ time: String) -> String { "\(path)/\(Self.earlierStatePrefix)\(time)" }

    /// What of the folder is SAM's state, by name: what a backup holds and a restore replaces. The vault's keys stay where they are.
    package var stateNames: [String] {
        // The database last: with it the state is there.
        ["sockets", "server.json", name(tokenFile)] + configurationFiles.map(name)
            + [name(identityKeys), name(usageSpool), name(mirrors), name(sessions)] + databaseFiles.map(name)
    }

    /// The database with what SQLite keeps beside it.
    private var databaseFiles: [String] { [database + "-wal", database + "-shm", database] }

    /// What people have written for this server alone.
    package var configurationFiles: [String] { [userCatalogue, userPrices, rehearsalScript, trustRoots] }

    package func mirrorPath(_ project: String) -> String { "\(mirrors)/\(project).git" }
    package func lostWorkPath(_ session: String) -> String { "\(sessions)/\(session)/lost.git" }

    private func name(_ path: String) -> String { String(path.dropFirst(self.path.count + 1)) }
}
