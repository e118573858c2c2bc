import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct ProjectsMembers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: "Who works on a project: they share its sessions, keys and settings.",
        discussion: """
            EXAMPLES
              sam projects members swift-nio
              sam projects members swift-nio --add kim
              sam projects members swift-nio --remove kim
            """)

    @Argument(help: "The project's name or id.")
    var project: String

    @Option(help: "Add this user.")
    var add: String?

    @Option(help: "Take this user out.")
    var remove: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let path = "/api/v1/projects/\(project.pathSegment)/members"
        let listing = try await Connection.with { client in
            if let add { let _: Listing.Users = try await client.send(.POST, path, NewMember(user: add)) }
            if let remove { try await client.delete("\(path)/\(remove.pathSegment)") }
            return try await client.get(path, as: Listing.Users.self)
        }
        if json { return Terminal.line(try JSONLine.text(listing)) }
        var table = Table(["NAME", "ID", "ROLE"])
        for user in listing.users { table.add([user.name, user.id, user.role.rawValue]) }
        table.show()
    }
}
