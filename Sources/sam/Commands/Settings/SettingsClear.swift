import ArgumentParser
import NIOHTTP1

struct SettingsClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make a layer say nothing about a setting, so that broader ones speak again.",
        discussion: """
            EXAMPLES
              sam settings clear sandbox.memoryMebibytes --project swift-nio
            """)

    @Argument var key: String
    @OptionGroup var layer: LayerOptions

    func run() async throws {
        try await layer.send(.POST, key, "/clear")
    }
}
