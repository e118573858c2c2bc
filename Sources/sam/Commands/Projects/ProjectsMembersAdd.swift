import Accounts
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct ProjectsMembersAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Let a user into a project.",
        discussion: """
            EXAMPLES
              sam projects members add swift-nio kim
              sam projects members add swift-nio lee --role viewer
            """)

    @OptionGroup var target: MembersArgument

    @Argument(help: "The user's name or id.")
    var user: String

    @Option(help: "The role: viewer, member or owner. A newcomer is a member when this is left out.")
    var role: ProjectRole?

    func run() async throws {
        try target.show(
            try await Connection.with { try await $0.send(.POST, target.path, NewMember(user: user, role: role)) })
    }
}
