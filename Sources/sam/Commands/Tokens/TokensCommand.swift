import ArgumentParser

struct TokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "Your API tokens, with which your programs sign in.",
        discussion: """
            EXAMPLES
              sam tokens create "laptop"
              sam tokens list
              sam tokens revoke laptop
            """,
        subcommands: [TokensList.self, TokensCreate.self, TokensRevoke.self], defaultSubcommand: TokensList.self)
}
