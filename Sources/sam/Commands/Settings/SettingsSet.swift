import ArgumentParser

struct SettingsSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a value at a layer.",
        discussion: """
            EXAMPLES
              sam settings set sessions.limit 16
              sam settings set sandbox.memoryMebibytes 2048 --project swift-nio
            """)

    @OptionGroup var target: SettingTarget

    @Argument(help: "The value, such as 16, true or a list of hosts with commas between them.")
    var value: String

    func run() async throws {
        try await target.send(.set(to: value), value: value)
    }
}
