import ArgumentParser
import ControlPlane

struct ProvidersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List where each provider is reached.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Providers = try await Connection.with { try await $0.get("/api/v1/providers") }
        try listing.show(json: json)
    }
}
