import ArgumentParser
import ControlPlane

@main
struct Sam: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sam",
        abstract: "Runs AI coding agents on your machine, each in its own sandbox, and hands you a git branch.",
        discussion: """
            EXAMPLES
              sam doctor                                  what this machine has and lacks
              sam run --repo . "What is this project?"    let an agent work and follow it
              sam sessions list                           what ran and what runs
              sam sessions diff s_0123456789ab            what a session changed
              sam credentials set anthropic               store a key, sealed
              sam usage                                   what was used, in tokens and dollars

            SAM_HOME names the folder of SAM's state (~/.sam), SAM_URL another server. A server is started when none answers.
            """,
        version: Server.version,
        subcommands: [
            Serve.self, Run.self, Demo.self, Doctor.self, Agents.self, Projects.self, SessionsCommand.self,
            CredentialsCommand.self, SettingsCommand.self, NotificationsCommand.self, UsersCommand.self, TokensCommand.self,
            KeysCommand.self, Usage.self, BudgetCommand.self, ProvidersCommand.self, VaultCommand.self, BackupCommand.self,
            RestoreCommand.self,
            Audit.self,
        ])

    /// Runs the command that was typed. Wrong usage ends with 2, everything else that goes wrong with 1.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            if let failure = error as? APIClient.Failure {
                // It may quote what a repository or an agent said.
                Terminal.warn("Error: \(Terminal.plain(failure.description, keepingNewlines: true))")
                exit(withError: ExitStatus.failed)
            }
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.warn(fullMessage(for: error))
            exit(withError: ExitStatus.usage)
        }
    }
}

/// What a command's end means to a script.
enum ExitStatus {
    static let failed = ExitCode(1)
    static let usage = ExitCode(2)
    /// Something was turned off.
    static let blocked = ExitCode(3)
}
