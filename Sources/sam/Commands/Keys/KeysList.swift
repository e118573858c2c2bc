import AgentProtocol
import ArgumentParser
import ControlPlane

struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your keys. The keys themselves are not kept.",
        discussion: """
            EXAMPLES
              sam keys list
              sam keys list --json
            """)

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/keys", show)
    }

    private func show(_ listing: Listing.Keys) {
        guard !listing.keys.isEmpty else {
            return Terminal.line("You have no gateway key. Make one with: sam keys create laptop")
        }
        var table = Table([.whole("ID"), "NAME", "PROVIDER", "PROJECT", "MADE"])
        for key in listing.keys { table.add([key.id, key.name, key.provider ?? "all", key.project ?? "", Time.ago(key.createdAt)]) }
        table.show()
    }
}
