import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import NIOHTTP1

struct ProjectsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a repository.",
        discussion: """
            EXAMPLES
              sam projects add .
              sam projects add https://github.com/apple/swift-nio --name nio
            """)

    @Argument(help: "A path or a URL.")
    var repository: String

    @Option(help: "The project's name; made from the repository's when left out.")
    var name: String?

    @Option(help: "bubblewrap, or none: agents of this project then run WITHOUT A SANDBOX.")
    var sandbox: Project.Sandbox?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let wish = NewProject(repository: Repository.address(of: repository), name: name, sandbox: sandbox)
        let project: ProjectView = try await Connection.with { client in
            try await saying("Asking \(wish.repository) for its branches …") {
                try await client.send(.POST, "/api/v1/projects", wish)
            }
        }
        if json { return try Terminal.json(project) }
        Terminal.line("Project \(project.name) (\(project.id)): \(project.repository)")
        if let note = project.note { Terminal.warn("\(note)") }
        project.warnAboutMissingSandbox()
    }
}
