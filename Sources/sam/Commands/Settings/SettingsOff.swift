import ArgumentParser
import NIOHTTP1

struct SettingsOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off", abstract: "Turn a setting off at a layer. It stays off until it is turned on or cleared.",
        discussion: """
            EXAMPLES
              sam settings off credentials.signInFiles
              sam settings off agents.handshakeSeconds --project swift-nio --reason "too tight"
            """)

    @Argument var key: String
    @Option(help: "The reason, which is shown with it later.")
    var reason: String?
    @OptionGroup var layer: LayerOptions

    func run() async throws {
        try await layer.send(.POST, key, "/off", reason: reason)
    }
}
