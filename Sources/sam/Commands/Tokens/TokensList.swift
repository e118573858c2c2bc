import AgentProtocol
import ArgumentParser
import ControlPlane

struct TokensList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your tokens. The tokens themselves are not kept.",
        discussion: """
            EXAMPLES
              sam tokens list
              sam tokens list --json
            """)

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/tokens", show)
    }

    private func show(_ listing: Listing.Tokens) {
        var table = Table([.whole("ID"), "NAME", "MADE"])
        for token in listing.tokens { table.add([token.id, token.name, Time.ago(token.createdAt)]) }
        table.show()
    }
}
