import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct TokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "Your API tokens: what programs of yours sign in with.",
        discussion: """
            EXAMPLES
              sam tokens create "laptop"
              sam tokens list
              sam tokens revoke k_0123456789ab
            """,
        subcommands: [TokensList.self, TokensCreate.self, TokensRevoke.self], defaultSubcommand: TokensList.self)
}

struct TokensList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List your tokens. The tokens themselves are not kept.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Tokens = try await Connection.with { try await $0.get("/api/v1/tokens") }
        if json { return Terminal.line(try JSONLine.text(listing)) }
        var table = Table(["ID", "NAME", "MADE"])
        for token in listing.tokens { table.add([token.id, token.name, Time.ago(token.createdAt)]) }
        table.show()
    }
}

struct TokensCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a token, and print it this once.")

    @Argument(help: "What it is for.")
    var name: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let created: CreatedToken = try await Connection.with { try await $0.send(.POST, "/api/v1/tokens", NewToken(name: name)) }
        Terminal.line(json ? try JSONLine.text(created) : created.token)
    }
}

struct TokensRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Make a token open nothing any more.")

    @Argument(help: "A token's id.")
    var id: String

    func run() async throws {
        try await Connection.with { try await $0.delete("/api/v1/tokens/\(id.pathSegment)") }
        Terminal.line("The token \(id) opens nothing any more.")
    }
}
