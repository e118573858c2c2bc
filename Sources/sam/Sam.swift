import ArgumentParser
import ControlPlane
import Wording

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
            guard String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") else {
                Terminal.warn("Error: \(block: sentence(for: error), indent: 2)")
                exit(withError: (error as? APIClient.Failure)?.code == "credentialBlocked" ? ExitStatus.blocked : ExitStatus.failed)
            }
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if !message.isEmpty { code.isSuccess ? Terminal.line("\(block: message)") : Terminal.warn("\(block: message)") }
            if code == .validationFailure, let meant = CommandHint.meant(by: Array(CommandLine.arguments.dropFirst())) {
                Terminal.warn("Did you mean: \(meant)")
            }
            exit(withError: code == .validationFailure ? ExitStatus.usage : code)
        }
    }

    private static func sentence(for error: any Error) -> String {
        if error is DecodingError {
            return "The server's answer can't be read. This is sam \(Server.version); compare with: sam --version, where the server runs."
        }
        // What the server says may begin with a name.
        if let failure = error as? APIClient.Failure { return failure.description }
        let words = reason(of: error)
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}

/// What a command's end means to a script.
enum ExitStatus {
    static let failed = ExitCode(1)
    static let usage = ExitCode(2)
    /// Something was turned off.
    static let blocked = ExitCode(3)
}
