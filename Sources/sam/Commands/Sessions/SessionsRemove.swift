import API
import ArgumentParser
import ControlPlane

struct SessionsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Forget a session that is over. Its branch stays in the mirror, unless --force is given.",
        discussion: """
            Its log and its prompts are deleted for good, so it asks; without a terminal to ask on it needs --yes.

            EXAMPLES
              sam sessions rm s_0123456789ab
              sam sessions rm s_0123456789ab --yes
              sam sessions rm s_0123456789ab --force --yes
            """)

    @OptionGroup var target: SessionArgument

    @Flag(
        help: """
            Forget it also when its work is only in its workspace, or when it can't be read. Its branches go, too, and their space is freed.
            """)
    var force = false

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await Connection.with { client in
            if !yes {
                Terminal.line(
                    force
                        ? "With session \(target.session) go for good: its log, its prompts, its branches and its workspace."
                        : "With session \(target.session) go for good: its log and its prompts. Its branch stays in SAM's copy of the repository."
                )
                try Terminal.agree(yes: yes)
            }
            try await client.delete(target.path + (force ? "?force=true" : ""))
        }
        Terminal.line("Session \(target.session) is forgotten.")
    }
}
