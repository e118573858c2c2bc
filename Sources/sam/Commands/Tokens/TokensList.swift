import AgentProtocol
import ArgumentParser
import ControlPlane

struct TokensList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List your tokens. The tokens themselves are not kept.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Tokens = try await Connection.with { try await $0.get("/api/v1/tokens") }
        if json { return try Terminal.json(listing) }
        var table = Table(["ID", "NAME", "MADE"])
        for token in listing.tokens { table.add([token.id, token.name, Time.ago(token.createdAt)]) }
        table.show()
    }
}
