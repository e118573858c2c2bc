import AgentProtocol
import ArgumentParser
import ControlPlane

struct SessionsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a session now. Its work is kept on its branch.")

    @OptionGroup var target: SessionArgument

    func run() async throws {
        let session: SessionView = try await Connection.with { try await $0.post(target.path + "/cancel") }
        Terminal.line("Session \(session.id.rawValue): \(session.status)")
    }
}
