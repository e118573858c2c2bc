import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct UsersAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a user, and print their first token.",
        discussion: """
            EXAMPLES
              sam users add kim
              sam users add kim --role administrator
            """)

    @Argument(help: "The user's name: small letters, digits, dots, dashes and underscores.")
    var name: String

    @Option(help: "The role: member or administrator.")
    var role: User.Role = .member

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let created: CreatedUser = try await Connection.with {
            try await $0.send(.POST, "/api/v1/users", NewUser(name: name, role: role))
        }
        if json { return try Terminal.json(created) }
        try created.user.show(json: false)
        Terminal.line("Their token, which is not shown again: \(created.token)")
        Terminal.line("They use it with SAM_URL and SAM_TOKEN in their environment.")
    }
}
