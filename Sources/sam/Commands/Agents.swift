import AgentProtocol
import ArgumentParser
import ControlPlane

struct Agents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the agents that there are and what is installed here.",
        discussion: """
            Add your own in agents.yaml in SAM's home.

            EXAMPLES
              sam agents
              sam agents --json
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Agents = try await Connection.with { try await $0.get("/api/v1/agents") }
        if json { return Terminal.line(try JSONLine.text(listing)) }
        var table = Table(["AGENT", "PROTOCOL", "HERE", "WHAT IT IS"])
        for agent in listing.agents {
            table.add([agent.id, agent.protocol, agent.program ?? "not installed", agent.description ?? agent.name])
        }
        table.show()
        for agent in listing.agents where agent.program == nil {
            if let install = agent.install { Terminal.line("\n\(agent.id): \(Terminal.plain(install))") }
        }
        for problem in listing.problems { Terminal.warn(Terminal.styled("! \(Terminal.plain(problem))", .yellow)) }
    }
}
