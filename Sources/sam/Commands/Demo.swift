import Accounts
import ArgumentParser
import ControlPlane
import Foundation
import NIOHTTP1
import Sessions

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

    @Option(help: "A path or a URL.")
    var repo = "."

    func run() async throws {
        let session = try await Connection.with { client in
            let address = Repository.address(of: repo)
            let project: ProjectView = try await client.send(.POST, "/api/v1/projects", NewProject(repository: address))
            do {
                return try await explore(project, client)
            } catch let failure as APIClient.Failure where failure.status == 503 {
                return try await exploreWithoutSandbox(project, failure, client)
            }
        }
        if session.phase != .completed { throw ExitStatus.failed }
    }

    private func explore(_ project: ProjectView, _ client: APIClient) async throws -> SessionView {
        try await SessionStart(
            project: project.id, agent: "scout", prompt: "Explore this repository.", detach: false, form: .lines
        ).run(client)
    }

    private func exploreWithoutSandbox(
        _ project: ProjectView, _ failure: APIClient.Failure, _ client: APIClient
    ) async throws -> SessionView {
        Terminal.warn(Terminal.styled("NO SANDBOX HERE. \(failure.description)", .red, .bold))
        Terminal.warn("The demo goes on without one, because scout is SAM's own and only reads. Other agents are refused.")
        let name = String("\(project.name)-without-sandbox".prefix(64))
        let known = (try await client.get("/api/v1/projects", as: Listing.Projects.self)).projects.first { $0.name == name }
        let unsandboxed: ProjectView
        if let known {
            unsandboxed = known
        } else {
            unsandboxed = try await client.send(
                .POST, "/api/v1/projects", NewProject(repository: project.repository, name: name, sandbox: Optional.some(.none)))
        }
        return try await explore(unsandboxed, client)
    }
}
