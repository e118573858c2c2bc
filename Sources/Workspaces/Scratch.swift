import Foundation
import Processes
import Sandbox
import Wording

/// The temporary files of one access to a local repository, and the user whose rights it has.
struct Scratch: Sendable {
    /// The repository's owner, when SAM runs as root and the repository belongs to another user: in a sandbox root has no special rights
    /// and could not write there, and files owned by root would block the owner.
    struct Owner: Sendable {
        var user: uid_t
        var group: gid_t
    }

    /// The prefix of the folders' names. Those that a killed server left are removed at the next start.
    static let prefix = "local-"

    let owner: Owner?
    private let folder: String

    var command: String { folder + "/command.json" }
    var configuration: String { folder + "/config" }

    /// - Throws: ``WorkspaceError`` when the folder can't be made.
    init(for repository: LocalRepository, in home: Home) throws {
        var status = stat()
        let isForeign = geteuid() == 0 && stat(repository.folder, &status) == 0 && status.st_uid != 0
        owner = isForeign ? Owner(user: status.st_uid, group: status.st_gid) : nil
        // Other users can't read SAM's home.
        let parent = isForeign ? "/tmp/sam-" : home.sandboxFiles.folder + "/"
        folder = parent + Self.prefix + String(UInt64.random(in: 0 ... .max), radix: 36)
        guard mkdir(folder, isForeign ? 0o711 : 0o700) == 0 else {
            throw WorkspaceError(.repository, "\(folder) can't be made: \(String(cString: strerror(errno))).")
        }
    }

    func write(_ text: String, to file: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: file))
            if owner != nil { try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file) }
        } catch {
            throw WorkspaceError(.repository, "\(file) can't be written: \(reason(of: error))")
        }
    }

    /// The command, run with the owner's rights.
    func asOwner(_ command: Command) throws -> Command {
        guard let owner else { return command }
        guard let program = Program.find("setpriv") else {
            throw WorkspaceError(.repository, "setpriv is not installed. Install it, on Debian with: apt install util-linux")
        }
        return Command(
            program, ["--reuid=\(owner.user)", "--regid=\(owner.group)", "--clear-groups", "--", command.executable] + command.arguments,
            environment: command.environment, workingDirectory: command.workingDirectory, openFile: command.openFile)
    }

    func remove() {
        for file in [command, configuration] { unlink(file) }
        rmdir(folder)
    }
}
