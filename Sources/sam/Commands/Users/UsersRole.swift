import Accounts
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct UsersRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Give a user another role.",
        discussion: """
            EXAMPLES
              sam users role kim administrator
            """)

    @Argument(help: "A user's name or id.")
    var user: String

    @Argument(help: "The role: member or administrator.")
    var role: User.Role

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let changed: UserView = try await Connection.with {
            try await $0.send(.PATCH, "/api/v1/users/\(user.pathSegment)", UserChange(role: role))
        }
        try changed.show(json: json)
    }
}
