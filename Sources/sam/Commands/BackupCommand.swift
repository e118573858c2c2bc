import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import Workspaces

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Put SAM's state into one file, while a server runs or not.",
        discussion: """
            The file holds the database, the branches and refs that sessions left, agents.yaml and the other files that you wrote for this \
            server. It holds no workspace, and no running agent. Neither are vault.keys and token in it: keep a copy of vault.keys \
            elsewhere, apart from the backups. Without it the credentials in a backup can't be opened; with both, everybody can.

            EXAMPLES
              sam backup /mnt/backups/sam-monday.tar
              sam backup --verify /mnt/backups/sam-monday.tar    check one
              sam backup sam.tar --force                         replace the file
            """)

    @Argument(help: "The backup's file.")
    var file: String

    @Flag(help: "Check the file instead of writing it.")
    var verify = false

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard !file.isEmpty else { throw ValidationError("The backup's path is empty. It takes a file: sam backup sam-monday.tar") }
        if verify, force { throw ValidationError("--verify writes nothing, so --force has no meaning with it.") }
    }

    func run() async throws {
        let path = absolute(file)
        let home = Home(environment: ProcessInfo.processInfo.environment)
        let manifest: BackupManifest
        if verify {
            manifest = try await BackupReader.verify(path, scratch: NSTemporaryDirectory() + "sam-verify-\(UUID().uuidString)")
        } else {
            let json = json
            if ProcessInfo.processInfo.environment["SAM_URL"]?.isEmpty == false {
                Terminal.warn("! SAM_URL does not count here: this is a backup of \(home.path), on this machine.")
            }
            manifest = try await BackupWriter(
                home: home, target: path, now: { Time.now }, progress: { if !json { Terminal.warn("\($0)") } }
            )
            .write(replaces: force)
        }
        if json { return try Terminal.json(manifest) }
        Terminal.line("\(manifest.summary(verify ? "\(path) is whole: it" : path))")
        for note in manifest.notes { Terminal.warn("! \(note)") }
        if !manifest.masterKeys.isEmpty {
            let keys = manifest.masterKeys.joined(separator: ", ")
            Terminal.line("The keys are not in it. Keep vault.keys apart from it; needed: \(keys).")
        }
    }
}

/// An argument as an absolute path, relative to the working directory.
func absolute(_ path: String) -> String {
    let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    return URL(filePath: whole).standardizedFileURL.path(percentEncoded: false)
}

extension BackupManifest {
    /// The contents in a sentence.
    func summary(_ subject: String) -> String {
        let bytes = files.reduce(0) { $0 + $1.bytes }
        return
            "\(subject) holds \(sessions) session\(sessions == 1 ? "" : "s") of \(projects) project\(projects == 1 ? "" : "s"), as of \(Time.day(madeAt)), by SAM \(sam), \(String(format: "%.1f", Double(bytes) / 1_000_000)) MB."
    }
}
