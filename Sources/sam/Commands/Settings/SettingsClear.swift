import ArgumentParser

struct SettingsClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make a layer say nothing, so that broader ones apply again. Its value is forgotten.",
        discussion: """
            EXAMPLES
              sam settings clear sandbox.memoryMebibytes --project swift-nio
            """)

    @OptionGroup var target: SettingTarget

    func run() async throws {
        try await target.send(.clear)
    }
}
