import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct TokensCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token, and print it this once.",
        discussion: """
            EXAMPLES
              sam tokens create laptop
              sam tokens create "kim, who lost hers" --user kim
            """)

    @Argument(help: "The token's name: what it is for. Two may have one name; their ids tell them apart then.")
    var name: String

    @Option(help: "The user for whom it is, who has lost theirs. For administrators.")
    var user: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let created: CreatedToken = try await Connection.with {
            try await $0.send(.POST, "/api/v1/tokens", NewToken(name: name, user: user))
        }
        if json { return try Terminal.json(created) }
        Terminal.line("\(created.token)")
        Terminal.warn("This is the token. It is not shown again: keep it now, or make another. A program signs in with it so:")
        Terminal.warn("  export SAM_URL=http://127.0.0.1:7260")
        Terminal.warn("  export SAM_TOKEN=THE_TOKEN")
    }
}
