import ArgumentParser
import ControlPlane

struct SessionsLand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "land", abstract: "Push a session's branch to the repository it came from.",
        discussion: """
            The branch keeps its name, sam/…; no other branch is touched.

            EXAMPLES
              sam sessions land s_0123456789ab
            """)

    @OptionGroup var target: SessionArgument

    func run() async throws {
        let session: SessionView = try await Connection.with { client in
            try await saying("Pushing the branch …") { try await client.post(target.path + "/land") }
        }
        Terminal.line("Landed as \(session.branch).")
    }
}
