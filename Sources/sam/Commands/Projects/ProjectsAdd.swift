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
            A name has letters of any script, digits, dots, dashes and underscores. One that is made from the repository's gets a number \
            behind it when another project has that name (site-2); a repository without a letter or digit in its name is “project”.

            EXAMPLES
              sam projects add .
              sam projects add https://github.com/apple/swift-nio --name nio
            """)

    @Argument(help: "The repository: a path or a URL.")
    var repository: String

    @Option(help: "The project's name; made from the repository's when left out.")
    var name: String?

    @Option(help: "What isolates its agents: bubblewrap, or none, with which they run WITHOUT A SANDBOX.")
    var sandbox: Project.Sandbox?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard !repository.isEmpty else {
            throw ValidationError("The repository is empty. It takes a path or a URL; . is the repository here.")
        }
        guard name?.isEmpty != true else {
            throw ValidationError("--name is empty. Leave it out to have a name made from the repository's.")
        }
    }

    func run() async throws {
        let body = NewProject(repository: Repository.address(of: repository), name: name, sandbox: sandbox)
        let project: ProjectView = try await Connection.with { client in
            try await saying("Asking \(body.repository) for its branches …") {
                try await client.send(.POST, "/api/v1/projects", body)
            }
        }
        if json { return try Terminal.json(project) }
        Terminal.line("Project \(project.name) (\(project.id)): \(project.repository)")
        if let note = project.note { Terminal.warn("\(note)") }
        project.warnAboutMissingSandbox()
    }
}
