import ArgumentParser

struct CredentialsClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make a layer say nothing, so that broader ones apply again. Its secret stays stored.",
        discussion: """
            EXAMPLES
              sam credentials clear anthropic --project swift-nio
            """)

    @OptionGroup var options: CredentialActOptions

    func run() async throws {
        try await options.perform("clear")
    }
}
