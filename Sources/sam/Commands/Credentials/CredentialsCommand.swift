import ArgumentParser

struct CredentialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials", abstract: "Keys for providers: a project's, your own, the platform's, and which one applies.",
        discussion: """
            The narrowest layer that says something decides. A layer that was turned off stops the search; it is not the \
            same as one that was never set.

            EXAMPLES
              sam credentials set anthropic                         asks for your own key
              sam credentials set openai --project nio < key.txt    one project's
              sam credentials off anthropic --project nio --reason "no spending here"
              sam credentials explain anthropic --project nio
            """,
        subcommands: [
            CredentialsList.self, CredentialsExplain.self, CredentialsSet.self, CredentialsOff.self, CredentialsOn.self,
            CredentialsRemove.self, CredentialsClear.self, CredentialsRecover.self,
        ],
        defaultSubcommand: CredentialsList.self)
}
