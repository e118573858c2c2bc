import Accounts
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct ProjectsMembersRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Give who belongs to a project another role in it.",
        discussion: """
            EXAMPLES
              sam projects members role swift-nio kim owner
              sam projects members role swift-nio kim viewer    ends kim's sessions in it
            """)

    @OptionGroup var target: MembersArgument

    @Argument(help: "The user's name or id.")
    var user: String

    @Argument(help: "The role: viewer, member or owner.")
    var role: ProjectRole

    func run() async throws {
        try target.show(
            try await Connection.with {
                try await $0.send(.PATCH, "\(target.path)/\(user.pathSegment)", MemberChange(role: role))
            })
    }
}
