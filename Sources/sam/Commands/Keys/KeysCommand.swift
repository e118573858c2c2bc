import ArgumentParser

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Gateway keys: let your own tools use what SAM keeps, metered and within budgets.",
        discussion: """
            Use a key in place of a provider's key. Its credential is resolved at each request, through the same layers as for sessions.

            EXAMPLES
              sam keys create laptop
              sam keys create notebook --provider anthropic --project site
              sam keys list
              sam keys revoke laptop
            """,
        subcommands: [KeysList.self, KeysCreate.self, KeysRevoke.self], defaultSubcommand: KeysList.self)
}
