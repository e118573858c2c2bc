import ArgumentParser

struct CredentialsOn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on", abstract: "Turn a provider on again at a layer, with the credential that is stored there.",
        discussion: """
            EXAMPLES
              sam credentials on anthropic
              sam credentials on anthropic --project swift-nio
            """)

    @OptionGroup var options: CredentialActOptions

    func run() async throws {
        try await options.perform("on")
    }
}
