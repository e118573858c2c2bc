import AgentProtocol
import ArgumentParser
import ControlPlane

struct SessionsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a session now, or stop what it does at the moment. Its work is kept.",
        discussion: """
            When an agent continues a turn that it was asked to stop, --turn says so after ten seconds; ending its session stops it.

            EXAMPLES
              sam sessions cancel s_0123456789ab
              sam sessions cancel s_0123456789ab --turn
            """)

    @OptionGroup var target: SessionArgument

    @Flag(help: "Stop only the running turn and what runs beside it or after it; the session continues with the next prompt.")
    var turn = false

    func run() async throws {
        let session = try await Connection.with { client -> SessionView in
            guard turn else { return try await client.post(target.path + "/cancel") }
            return try await outcome(of: try await client.post(target.path + "/turn/cancel"), client)
        }
        guard turn else { return session.afterCancel.forEach { Terminal.line($0) } }
        guard session.turnStop == nil else {
            Terminal.warn(
                """
                The agent was asked to stop its turn and continues: \(session.turnStop == .ignored ? "it can't stop one" : "it may still stop").
                End the session, which keeps its work, with: sam sessions cancel \(session.id.rawValue)
                """)
            throw ExitStatus.failed
        }
        session.afterTurnStop.forEach { Terminal.line($0) }
    }

    /// Waits until the turn has ended or the agent is known to continue.
    private func outcome(of asked: SessionView, _ client: APIClient) async throws -> SessionView {
        var session = asked
        let deadline = ContinuousClock.now + .seconds(20)
        while session.turnStop == .asked, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(200))
            session = try await client.get(target.path)
        }
        return session
    }
}
