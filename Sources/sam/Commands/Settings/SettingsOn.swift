import ArgumentParser
import NIOHTTP1

struct SettingsOn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on", abstract: "Turn a setting on again at a layer, with the value it had.",
        discussion: """
            EXAMPLES
              sam settings on credentials.signInFiles
            """)

    @Argument var key: String
    @OptionGroup var layer: LayerOptions

    func run() async throws {
        try await layer.send(.POST, key, "/on")
    }
}
