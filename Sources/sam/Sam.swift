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

            SAM_HOME names the folder of SAM's state (~/.sam), SAM_URL another server. A server is started when none answers.
            """,
        version: Server.version,
        subcommands: [
            Serve.self, Run.self, Demo.self, Doctor.self, Agents.self, Projects.self, SessionsCommand.self,
            SettingsCommand.self,
        ])
}

/// What a command's end means to a script.
enum ExitStatus {
    static let failed = ExitCode(1)
}
