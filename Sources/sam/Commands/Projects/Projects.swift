import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import NIOHTTP1

struct Projects: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The repositories that agents work on.",
        subcommands: [ProjectsList.self, ProjectsAdd.self, ProjectsSandbox.self], defaultSubcommand: ProjectsList.self)
}

struct ProjectsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List projects.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Projects = try await Connection.with { try await $0.get("/api/v1/projects") }
        if json { return Terminal.line(try JSONLine.text(listing)) }
        guard !listing.projects.isEmpty else {
            return Terminal.line("There are no projects yet. Add one with: sam projects add PATH|URL")
        }
        var table = Table(["NAME", "ID", "SANDBOX", "REPOSITORY"])
        for project in listing.projects {
            table.add([project.name, project.id, project.sandbox == "none" ? "NONE" : project.sandbox, project.repository])
        }
        table.show()
    }
}

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
        let project: ProjectView = try await Connection.with { try await $0.send(.POST, "/api/v1/projects", wish) }
        if json { return Terminal.line(try JSONLine.text(project)) }
        Terminal.line("Project \(project.name) (\(project.id)): \(Terminal.plain(project.repository))")
        project.warnAboutMissingSandbox()
    }
}

struct ProjectsSandbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", abstract: "Choose what stands between a project's agents and this machine.",
        discussion: """
            EXAMPLES
              sam projects sandbox swift-nio bubblewrap
              sam projects sandbox swift-nio none          agents can then do whatever you can
            """)

    @Argument(help: "The project's name or id.")
    var project: String

    @Argument(help: "bubblewrap or none.")
    var sandbox: Project.Sandbox

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let changed: ProjectView = try await Connection.with {
            try await $0.send(.PATCH, "/api/v1/projects/\(project.pathSegment)", ProjectChange(sandbox: sandbox))
        }
        if json { return Terminal.line(try JSONLine.text(changed)) }
        Terminal.line("Project \(changed.name): sandbox \(changed.sandbox)")
        changed.warnAboutMissingSandbox()
    }
}

extension Project.Sandbox: ExpressibleByArgument {}

extension ProjectView {
    func warnAboutMissingSandbox() {
        guard sandbox == "none" else { return }
        Terminal.line(Terminal.styled("Its agents run WITHOUT A SANDBOX: they can read and change whatever you can.", .red, .bold))
    }
}

extension String {
    /// The text as one segment of a URL's path.
    var pathSegment: String {
        addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-_."))) ?? self
    }
}
