import ArgumentParser
import NIOHTTP1

struct SettingsSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a value at a layer.",
        discussion: """
            EXAMPLES
              sam settings set sessions.limit 16
              sam settings set sandbox.memoryMebibytes 2048 --project swift-nio
            """)

    @Argument var key: String
    @Argument var value: String
    @OptionGroup var layer: LayerOptions

    func run() async throws {
        try await layer.send(.PUT, key, value: value)
    }
}
