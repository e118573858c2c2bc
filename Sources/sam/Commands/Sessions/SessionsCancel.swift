import AgentProtocol
import ArgumentParser
import ControlPlane

struct SessionsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a session now, or stop what it does at the moment. Its work is kept.",
        discussion: """
            EXAMPLES
              sam sessions cancel SESSION
              sam sessions cancel SESSION --turn
            """)

    @OptionGroup var target: SessionArgument

    @Flag(help: "Stop only the running turn; the session goes on with the next prompt.")
    var turn = false

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.post(target.path + (turn ? "/turn/cancel" : "/cancel")) }
        Terminal.line("Session \(session.id.rawValue): \(session.status)")
    }
}
