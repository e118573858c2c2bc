import ArgumentParser

struct TokensRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a token open nothing any more.",
        discussion: """
            EXAMPLES
              sam tokens revoke k_0123456789ab
            """)

    @Argument(help: "A token's id.")
    var id: String

    func run() async throws {
        try await Connection.with { try await $0.delete("/api/v1/tokens/\(id.pathSegment)") }
        Terminal.line("The token \(id) opens nothing any more.")
    }
}
