import API
import ArgumentParser
import Workspaces

struct SessionsLand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "land", abstract: "Push a session's branch to the repository it came from.",
        discussion: """
            The branch keeps its name, sam/…; no other branch is touched. Landing one again changes nothing, says where it is, and ends with 0.

            EXAMPLES
              sam sessions land s_0123456789ab
            """)

    @OptionGroup var target: SessionArgument

    func run() async throws {
        let session: SessionView = try await Connection.with { client in
            try await saying("Pushing the branch …") { try await client.post(target.path + "/land") }
        }
        guard let landing = session.landing else { return Terminal.line("Landed as \(session.branch).") }
        Terminal.line(
            landing.already
                ? "Nothing to do: \(landing.branch) is landed already, in \(landing.repository)."
                : "Landed as \(landing.branch) in \(landing.repository).")
    }
}
