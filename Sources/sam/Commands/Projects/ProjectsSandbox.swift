import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct ProjectsSandbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", abstract: "Choose what isolates a project's agents from this machine.",
        discussion: """
            EXAMPLES
              sam projects sandbox swift-nio bubblewrap
              sam projects sandbox swift-nio none    agents may do all that you may
            """)

    @Argument(help: "The project's name or id.")
    var project: String

    @Argument(help: "The sandbox: bubblewrap or none.")
    var sandbox: Project.Sandbox

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let changed: ProjectView = try await Connection.with {
            try await $0.send(.PATCH, "/api/v1/projects/\(project.pathSegment)", ProjectChange(sandbox: sandbox))
        }
        if json { return try Terminal.json(changed) }
        Terminal.line("Project \(changed.name): sandbox \(changed.sandbox.rawValue)")
        changed.warnAboutMissingSandbox()
    }
}
