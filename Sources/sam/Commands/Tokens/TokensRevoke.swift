import ArgumentParser

struct TokensRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a token open nothing any more.",
        discussion: """
            EXAMPLES
              sam tokens revoke laptop
              sam tokens revoke k_0123456789ab
            """)

    @Argument(help: "The token's id, or its name if only one of yours has it. Administrators revoke others' by id.")
    var token: String

    func run() async throws {
        try await Connection.with { try await $0.delete("/api/v1/tokens/\(token.pathSegment)") }
        Terminal.line("The token \(token) opens nothing any more.")
    }
}
