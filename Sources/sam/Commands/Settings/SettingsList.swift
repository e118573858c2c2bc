import ArgumentParser
import ControlPlane

struct SettingsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List settings with what holds and what each layer says.",
        discussion: """
            EXAMPLES
              sam settings list
              sam settings list --project swift-nio
            """)

    @Option(help: "The project for which they are listed.")
    var project: String?

    @OptionGroup var list: ListOptions

    func run() async throws {
        let query = project.map { "?project=\($0.pathSegment)" } ?? ""
        try await list.show("/api/v1/settings\(query)") { (listing: Listing.Settings) in try listing.show(json: false) }
    }
}
