import API
import AgentProtocol
import ArgumentParser

struct SessionsFinish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finish", abstract: "End a session once all its prompts are answered and nothing runs any more.",
        discussion: """
            EXAMPLES
              sam sessions finish s_0123456789ab
            """)

    @OptionGroup var target: SessionArgument

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.post(target.path + "/finish") }
        Terminal.line("Session \(session.id.rawValue): \(session.status)")
        if !session.settled {
            Terminal.line(
                "It ends once its prompts are answered and nothing runs any more. To end it now: sam sessions cancel \(session.id.rawValue)"
            )
        }
    }
}
