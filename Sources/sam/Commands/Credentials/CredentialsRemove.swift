import ArgumentParser

struct CredentialsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Delete a layer's secret. A layer that is turned off stays turned off.",
        discussion: """
            EXAMPLES
              sam credentials rm anthropic
              sam credentials rm custom-house --scope platform
            """)

    @OptionGroup var options: CredentialActOptions

    func run() async throws {
        try await options.perform("remove")
    }
}
