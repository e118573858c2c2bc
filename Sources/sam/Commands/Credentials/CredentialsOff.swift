import ArgumentParser

struct CredentialsOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off",
        abstract: "Turn a provider off at a layer: the search stops there. It stays off until it is turned on or cleared.",
        discussion: """
            EXAMPLES
              sam credentials off anthropic --project swift-nio --reason "no spending here"
              sam credentials off openai --scope platform --yes
            """)

    @OptionGroup var options: CredentialActOptions

    func run() async throws {
        try await options.perform("off")
    }
}
