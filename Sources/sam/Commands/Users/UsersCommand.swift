import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "Who uses this SAM. For administrators.",
        discussion: """
            EXAMPLES
              sam users add kim                      prints kim's first token, once
              sam users role kim administrator
              sam users disable kim                  none of kim's tokens opens anything from now on
            """,
        subcommands: [UsersList.self, UsersAdd.self, UsersRole.self, UsersDisable.self, UsersEnable.self],
        defaultSubcommand: UsersList.self)
}

extension User.Role: ExpressibleByArgument {}

extension UserView {
    func show(json: Bool) throws {
        Terminal.line(json ? try JSONLine.text(self) : "\(name) (\(id)): \(role.rawValue)\(disabledAt == nil ? "" : ", disabled")")
    }
}

struct UsersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List users.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Users = try await Connection.with { try await $0.get("/api/v1/users") }
        if json { return Terminal.line(try JSONLine.text(listing)) }
        var table = Table(["NAME", "ID", "ROLE", "STATE"])
        for user in listing.users { table.add([user.name, user.id, user.role.rawValue, user.disabledAt == nil ? "" : "disabled"]) }
        table.show()
    }
}

struct UsersAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a user, and print their first token.")

    @Argument(help: "Small letters, digits, dots, dashes and underscores.")
    var name: String

    @Option(help: "member or administrator.")
    var role: User.Role = .member

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let created: CreatedUser = try await Connection.with {
            try await $0.send(.POST, "/api/v1/users", NewUser(name: name, role: role))
        }
        if json { return Terminal.line(try JSONLine.text(created)) }
        try created.user.show(json: false)
        Terminal.line("Their token, which is not shown again: \(created.token)")
        Terminal.line("They use it with SAM_URL and SAM_TOKEN in their environment.")
    }
}

struct UsersRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "role", abstract: "Give a user another role.")

    @Argument(help: "A user's name or id.")
    var user: String

    @Argument(help: "member or administrator.")
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

struct UsersDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "disable", abstract: "Shut a user out.")

    @Argument(help: "A user's name or id.")
    var user: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let changed: UserView = try await Connection.with { try await $0.post("/api/v1/users/\(user.pathSegment)/disable") }
        try changed.show(json: json)
    }
}

struct UsersEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Let a user in again.")

    @Argument(help: "A user's name or id.")
    var user: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let changed: UserView = try await Connection.with { try await $0.post("/api/v1/users/\(user.pathSegment)/enable") }
        try changed.show(json: json)
    }
}
