import ArgumentParser

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
