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
              sam usage                                   tokens and dollars used

            SAM_HOME names the folder of SAM's state (~/.sam), SAM_URL another server. A server is started when none answers.
            """,
        version: Server.version,
        subcommands: [
            Serve.self, Stop.self, Run.self, Demo.self, Doctor.self, Agents.self, Projects.self, SessionsCommand.self,
            CredentialsCommand.self, SettingsCommand.self, NotificationsCommand.self, UsersCommand.self, TokensCommand.self,
            KeysCommand.self, Usage.self, BudgetCommand.self, PricesCommand.self, ProvidersCommand.self, VaultCommand.self,
            BackupCommand.self, RestoreCommand.self, Audit.self,
        ])

    /// Runs the command. The exit status is 2 for wrong usage, 3 for a credential that is turned off, and 1 for other errors.
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
            let message = HelpText.wrapped(
                code == .validationFailure
                    ? Self.naming(typed: Array(CommandLine.arguments.dropFirst()), fullMessage(for: error)) : fullMessage(for: error),
                to: Terminal.columns)
            if !message.isEmpty { code.isSuccess ? Terminal.line("\(block: message)") : Terminal.warn("\(block: message)") }
            if code.isSuccess { failIfUnwritten() }
            exit(withError: code == .validationFailure ? ExitStatus.usage : code)
        }
        failIfUnwritten()
    }

    /// Ends with 1 if not all of the output could be written: help, a version and what commands print alike.
    private static func failIfUnwritten() {
        guard let why = Terminal.writeFailure else { return }
        Terminal.warn("Error: Not all of the output could be written: \(why).")
        exit(withError: ExitStatus.failed)
    }

    /// The parser's message about wrong usage. When a command or an option was mistyped, that is named first, whatever else is missing.
    static func naming(typed: [String], _ message: String) -> String {
        let usage = message.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("Usage:") }.joined(
            separator: "\n")
        if let word = typed.first, ["version", "-V", "-v"].contains(word) {
            return "Error: There is no \(word == "version" ? "command" : "option") “\(word)”.\nDid you mean: sam --version"
        }
        if let typo = CommandHint.typo(in: typed) {
            return "Error: There is no command “\(typo.word)”.\nDid you mean: \(typo.meant)"
        }
        if let option = UnknownOption(in: typed), !message.contains("Unknown option '\(option.typed)'. Did you mean") {
            return "Error: Unknown option '\(option.typed)'. Did you mean '\(option.meant)'?\n" + usage
        }
        return message
    }

    private static func sentence(for error: any Error) -> String {
        if error is DecodingError {
            return "The server's answer can't be read. This is sam \(Server.version); compare with: sam --version, where the server runs."
        }
        // The server's message may start with a name, so its first letter is kept.
        if let failure = error as? APIClient.Failure { return failure.description }
        let words = reason(of: error)
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}

/// The exit statuses for scripts.
enum ExitStatus {
    static let failed = ExitCode(1)
    static let usage = ExitCode(2)
    /// The credential is turned off.
    static let blocked = ExitCode(3)
}
