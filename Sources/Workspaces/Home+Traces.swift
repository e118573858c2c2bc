import Foundation

extension Home {
    /// Signs in the folder that SAM has run here: files that a server makes after its database, or fills later.
    ///
    /// Files that people put there, and the empty folders and the log that any command makes, do not count.
    public var traces: [String] {
        let files = FileManager.default
        let log = database + "-wal"
        let holdsLog = (try? files.attributesOfItem(atPath: log))?[.size] as? Int ?? 0 > 0
        let names = ([masterKeys, tokenFile, usageSpool].filter { files.fileExists(atPath: $0) } + (holdsLog ? [log] : [])).map(name)
        let folders = [mirrors, sessions].filter { folder in
            // A folder that can't be read counts as not empty.
            !files.fileExists(atPath: folder) ? false : (try? files.contentsOfDirectory(atPath: folder))?.isEmpty != true
        }
        return names + folders.map(name) + earlierStates
    }

    /// The names of folders with states that a restore has moved aside.
    public var earlierStates: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasPrefix(Self.earlierStatePrefix) }.sorted()
    }

    /// The prefix of such folders' names; the time follows.
    static let earlierStatePrefix = "before-restore-"

    /// The folder into which a restore at this time moves what is there.
    package func earlierState(_ time: String) -> String { "\(path)/\(Self.earlierStatePrefix)\(time)" }

    /// The refreshed sign-ins of a state that was moved to this folder.
    package func earlierRenewals(_ folder: String) -> String { "\(folder)/\(name(renewals))" }

    /// The names of the files and folders that are SAM's state: a restore replaces them or moves them aside. The vault's keys stay
    /// where they are.
    package var stateNames: [String] {
        // The database comes last, because it makes the state complete.
        ["sockets", "server.json", name(tokenFile)] + configurationFiles.map(name)
            + [name(identityKeys), name(usageSpool), name(renewals), name(mirrors), name(sessions)] + databaseFiles.map(name)
    }

    /// The database with SQLite's files beside it.
    private var databaseFiles: [String] { [database + "-wal", database + "-shm", database] }

    /// Configuration that people have written for this server.
    package var configurationFiles: [String] { [userCatalogue, userPrices, rehearsalScript, trustRoots] }

    package func mirrorPath(_ project: String) -> String { "\(mirrors)/\(project).git" }
    package func lostWorkPath(_ session: String) -> String { "\(sessions)/\(session)/lost.git" }

    private func name(_ path: String) -> String { String(path.dropFirst(self.path.count + 1)) }
}
