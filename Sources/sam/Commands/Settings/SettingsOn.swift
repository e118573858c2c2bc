import ArgumentParser

struct SettingsOn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on", abstract: "Turn a setting on again at a layer, with the value it had.",
        discussion: """
            EXAMPLES
              sam settings on credentials.signInFiles
            """)

    @OptionGroup var target: SettingTarget

    func run() async throws {
        try await target.send(.on)
    }
}
