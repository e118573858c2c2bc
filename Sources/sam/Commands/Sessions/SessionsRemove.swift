import API
import ArgumentParser

struct SessionsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Forget a session that is over. Its branch stays in the mirror, unless --force is given.",
        discussion: """
            EXAMPLES
              sam sessions rm s_0123456789ab
              sam sessions rm s_0123456789ab --force
            """)

    @OptionGroup var target: SessionArgument

    @Flag(help: "Also when its work is only in its workspace, or it can't be read. Removes its branches, too, and frees their space.")
    var force = false

    func run() async throws {
        try await Connection.with { try await $0.delete(target.path + (force ? "?force=true" : "")) }
        Terminal.line("Session \(target.session) is forgotten.")
    }
}
