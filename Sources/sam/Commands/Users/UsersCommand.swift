import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane

struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "Who uses this SAM. For administrators.",
        discussion: """
            EXAMPLES
              sam users add kim                      prints kim's first token, once
              sam users role kim administrator
              sam users disable kim                  shuts kim out
            """,
        subcommands: [UsersList.self, UsersAdd.self, UsersRole.self, UsersDisable.self, UsersEnable.self],
        defaultSubcommand: UsersList.self)
}

extension User.Role: ExpressibleByArgument {}

extension UserView {
    func show(json: Bool) throws {
        if json { return try Terminal.json(self) }
        Terminal.line("\(name) (\(id)): \(role.rawValue)\(disabledAt == nil ? "" : ", disabled")")
    }
}
