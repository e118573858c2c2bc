import AgentProtocol
import ArgumentParser
import ControlPlane

struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List your keys. The keys themselves are not kept.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Keys = try await Connection.with { try await $0.get("/api/v1/keys") }
        if json { return try Terminal.json(listing) }
        guard !listing.keys.isEmpty else { return Terminal.line("You have no gateway key. Make one with: sam keys create --name laptop") }
        var table = Table(["ID", "NAME", "PROVIDER", "PROJECT", "MADE"])
        for key in listing.keys { table.add([key.id, key.name, key.provider ?? "all", key.project ?? "", Time.ago(key.createdAt)]) }
        table.show()
    }
}
