import API
import ArgumentParser

struct ProvidersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List where each provider is reached.",
        discussion: """
            EXAMPLES
              sam providers list
              sam providers list --json
            """)

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/providers") { (listing: Listing.Providers) in try listing.show(json: false) }
    }
}
