import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation

struct ProjectsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List projects.",
        discussion: """
            EXAMPLES
              sam projects list
              sam projects list --all --json
            """)

    @Flag(help: "List those that you do not belong to, too. For administrators.")
    var all = false

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/projects" + (all ? "?all=true" : ""), show)
    }

    private func show(_ listing: Listing.Projects) {
        guard !listing.projects.isEmpty else {
            return Terminal.line("There are no projects yet. Add one with: sam projects add PATH|URL")
        }
        var table = Table(["NAME", .whole("ID"), "SANDBOX", "REPOSITORY"])
        for project in listing.projects {
            table.add([project.name, project.id, project.sandbox == .none ? "NONE" : project.sandbox.rawValue, project.repository])
        }
        table.show()
    }
}
