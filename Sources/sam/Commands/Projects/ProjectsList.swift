import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation

struct ProjectsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List projects.")

    @Flag(help: "Also those that you do not belong to. For administrators.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Projects = try await Connection.with { try await $0.get("/api/v1/projects" + (all ? "?all=true" : "")) }
        if json { return try Terminal.json(listing) }
        guard !listing.projects.isEmpty else {
            return Terminal.line("There are no projects yet. Add one with: sam projects add PATH|URL")
        }
        var table = Table(["NAME", "ID", "SANDBOX", "REPOSITORY"])
        for project in listing.projects {
            table.add([project.name, project.id, project.sandbox == .none ? "NONE" : project.sandbox.rawValue, project.repository])
        }
        table.show()
    }
}
