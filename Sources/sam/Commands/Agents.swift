import Accounts
import AgentProtocol
import ArgumentParser
import Cascade
import ControlPlane
import Credentials

struct Agents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the agents that there are, what is installed here, and which key each would use.",
        discussion: """
            Add your own in agents.yaml in SAM's home; it is read again when it has changed. A program counts as here when it starts in \
            a sandbox.

            EXAMPLES
              sam agents
              sam agents --project swift-nio
              sam agents --json
            """)

    @Option(help: "Show the keys that hold in this project.")
    var project: String?

    @OptionGroup var list: ListOptions

    func run() async throws {
        let query = project.map { "?project=\($0.pathSegment)" } ?? ""
        try await list.show("/api/v1/agents\(query)", show)
    }

    private func show(_ listing: Listing.Agents) {
        var table = Table([.whole("AGENT"), "HERE", "PROTOCOL", "KEY", "WHAT IT IS"])
        for agent in listing.agents {
            table.add([agent.id, agent.here, agent.protocol, agent.key, agent.description ?? agent.name])
        }
        table.show()
        for agent in listing.agents where !agent.missing.isEmpty {
            let install = agent.install.map { " \($0.hasPrefix("See ") ? "" : "Get it: ")\($0)" } ?? ""
            Terminal.line("\n\(agent.id): \(agent.missing.joined(separator: " ") + install)")
        }
        for problem in listing.problems { Terminal.warn(Terminal.styled("! \(problem)", .yellow)) }
    }
}

extension AgentView {
    /// The version or state of its installation.
    fileprivate var here: String {
        guard missing.isEmpty, program != nil else { return "missing" }
        return version ?? "installed"
    }

    /// The first usable key; if there is none, the reason.
    fileprivate var key: String {
        if providers.isEmpty { return "needs none" }
        func sentence(_ key: Key) -> String {
            switch key.outcome {
            case .found: "\(key.provider): the \(key.scope?.rawValue ?? "")'s"
            case .blocked: "\(key.provider): turned off (\(key.scope?.rawValue ?? ""))"
            case .failed: "\(key.provider): broken (\(key.scope?.rawValue ?? ""))"
            case .absent: "\(key.provider): none"
            }
        }
        let best = keys.first { $0.outcome == .found } ?? keys.first
        return best.map(sentence) ?? "needs none"
    }
}
