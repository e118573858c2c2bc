import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane

struct UsersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List users.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Users = try await Connection.with { try await $0.get("/api/v1/users") }
        if json { return try Terminal.json(listing) }
        var table = Table(["NAME", "ID", "ROLE", "STATE"])
        for user in listing.users { table.add([user.name, user.id, user.role.rawValue, user.disabledAt == nil ? "" : "disabled"]) }
        table.show()
    }
}
