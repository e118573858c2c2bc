import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import Workspaces

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put SAM's state back to what a backup holds.",
        discussion: """
            Into a home without a running server. The backup is checked first, and what is in the home is moved into a folder in it, never \
            deleted. vault.keys stays where it is, and has to hold the keys that the backup was sealed with; in a new home, put it there \
            before. Sessions that were under way in the backup are over then, their tokens open nothing, and nothing runs again by itself.

            EXAMPLES
              sam restore /mnt/backups/sam-monday.tar
              SAM_HOME=/srv/sam sam restore sam-monday.tar       into another home
            """)

    @Argument(help: "The backup's file.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard !file.isEmpty else { throw ValidationError("The backup's path is empty. It takes a file: sam restore sam-monday.tar") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let json = json
        let outcome = try await Restore(
            home: Home(environment: environment), file: absolute(file), environment: environment, now: { Time.now },
            progress: { if !json { Terminal.warn("\($0)") } }
        ).run()
        if json { return try Terminal.json(outcome) }
        Terminal.line("\(outcome.manifest.summary("\(outcome.home) now"))")
        if outcome.ended > 0 {
            Terminal.line(
                outcome.ended == 1
                    ? "1 session that was under way is over: what its agent had not brought out by then is not in the backup."
                    : "\(outcome.ended) sessions that were under way are over: what their agents had not brought out by then is not in the backup."
            )
        }
        if outcome.tokens + outcome.keys > 0 {
            Terminal.line(
                "Tokens and keys of people are those of that time: revoke again what was revoked since (sam tokens list, sam keys list).")
        }
        if outcome.running > 0 {
            Terminal.line(
                outcome.running == 1
                    ? "1 agent of the earlier state still runs; it ends once a server starts."
                    : "\(outcome.running) agents of the earlier state still run; they end once a server starts.")
        }
        if let folder = outcome.movedTo {
            Terminal.line("The earlier state is in \(folder). Remove it once you don't need it.")
            Terminal.line("Moved there: \(outcome.moved.joined(separator: ", ")).")
        }
        for note in outcome.notes { Terminal.warn("! \(note)") }
        Terminal.line("Start the server: sam serve")
    }
}
