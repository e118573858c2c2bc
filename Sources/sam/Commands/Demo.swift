import Accounts
import ArgumentParser
import ControlPlane
import Foundation
import NIOHTTP1
import Sessions
import Workspaces

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let scout explore a repository: all of SAM, without a key and without a model.",
        discussion: """
            Scout is SAM's own explorer. Where this machine can't sandbox, the demo says so and runs scout, and only scout, \
            without a sandbox.

            EXAMPLES
              sam demo
              sam demo --repo https://github.com/apple/swift-nio
            """)

    @Option(help: "The repository to explore: a path or a URL.")
    var repo = "."

    func run() async throws {
        let address = Repository.address(of: repo)
        let session = try await Connection.with { client in
            do {
                return try await explore(project: nil, address, client)
            } catch let failure as APIClient.Failure where failure.status == 503 {
                return try await exploreWithoutSandbox(address, failure, client)
            }
        }
        if session.phase != .completed { throw ExitStatus.failed }
    }

    private func explore(project: String?, _ repository: String?, _ client: APIClient) async throws -> SessionView {
        try await SessionStart(
            project: project, repository: repository, agent: "scout", prompt: "Explore this repository.", detach: false, form: .lines
        ).run(client)
    }

    private func exploreWithoutSandbox(
        _ repository: String, _ failure: APIClient.Failure, _ client: APIClient
    ) async throws -> SessionView {
        Terminal.warn(Terminal.styled("NO SANDBOX HERE. \(failure.description)", .red, .bold))
        Terminal.warn("The demo continues without one, because scout is SAM's own and only reads. Other agents are refused.")
        let name = try (RepositoryLocation(repository).suggestedName ?? ProjectName("project")).appending("-without-sandbox")
        let known = (try await client.list("/api/v1/projects") as Listing.Projects).projects.first { $0.name == name }
        let unsandboxed: ProjectView
        if let known {
            unsandboxed = known
        } else {
            unsandboxed = try await client.send(
                .POST, "/api/v1/projects", NewProject(repository: repository, name: name, sandbox: Optional.some(.none)))
        }
        return try await explore(project: unsandboxed.id, nil, client)
    }
}
