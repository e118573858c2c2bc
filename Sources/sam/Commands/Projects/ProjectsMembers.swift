import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct ProjectsMembers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: "Who belongs to a project, and what they may do in it.",
        discussion: """
            Viewers read. Members run sessions, too, with the project's keys. Owners look after its keys, settings, budgets and members. \
            An administrator can say who belongs to any project.

            EXAMPLES
              sam projects members swift-nio
              sam projects members add swift-nio kim                   kim works in it
              sam projects members add swift-nio lee --role viewer     lee reads
              sam projects members role swift-nio kim owner
              sam projects members rm swift-nio lee
            """,
        subcommands: [ProjectsMembersList.self, ProjectsMembersAdd.self, ProjectsMembersRole.self, ProjectsMembersRemove.self],
        defaultSubcommand: ProjectsMembersList.self)
}

extension ProjectRole: ExpressibleByArgument {}

/// The project whose members a command changes.
struct MembersArgument: ParsableArguments {
    @Argument(help: "The project's name or id.")
    var project: String

    @Flag(help: "Print JSON.")
    var json = false

    var path: String { "/api/v1/projects/\(project.pathSegment)/members" }

    func show(_ listing: Listing.Members) throws {
        if json { return try Terminal.json(listing) }
        var table = Table(["NAME", .whole("ID"), "ROLE", "STATE"])
        for member in listing.members {
            table.add([member.name, member.id, member.role.rawValue, member.disabledAt == nil ? "" : "disabled"])
        }
        table.show()
    }
}

struct ProjectsMembersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List who belongs to a project.",
        discussion: """
            EXAMPLES
              sam projects members list swift-nio
              sam projects members swift-nio --json
            """)

    @OptionGroup var target: MembersArgument

    func run() async throws {
        try target.show(try await Connection.with { try await $0.list(target.path) })
    }
}
