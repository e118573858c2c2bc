import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane

struct UsersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List users.",
        discussion: """
            EXAMPLES
              sam users list
              sam users list --json
            """)

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/users", show)
    }

    private func show(_ listing: Listing.Users) {
        var table = Table(["NAME", .whole("ID"), "ROLE", "STATE"])
        for user in listing.users { table.add([user.name, user.id, user.role.rawValue, user.disabledAt == nil ? "" : "disabled"]) }
        table.show()
    }
}
