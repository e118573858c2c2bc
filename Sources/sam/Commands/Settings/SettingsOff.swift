import ArgumentParser

struct SettingsOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off", abstract: "Turn a setting off at a layer. It stays off until it is turned on or cleared.",
        discussion: """
            EXAMPLES
              sam settings off credentials.signInFiles
              sam settings off agents.handshakeSeconds --project nio --reason "too tight"
            """)

    @OptionGroup var target: SettingTarget

    @Option(help: "The reason, which is shown with it later.")
    var reason: String?

    func run() async throws {
        try await target.send(.off, reason: reason)
    }
}
