import API
import AgentProtocol
import ArgumentParser

struct SessionsSalvage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "salvage", abstract: "Try again to bring work out of a workspace that was kept.",
        discussion: """
            A workspace is kept when not all of its work could be brought out. The session's lines say what is missing and why.

            EXAMPLES
              sam sessions salvage s_0123456789ab
            """)

    @OptionGroup var target: SessionArgument

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.post(target.path + "/salvage") }
        Terminal.line("Session \(session.id.rawValue) tries again. Follow it with: sam sessions watch \(session.id.rawValue)")
    }
}
