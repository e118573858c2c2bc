import ArgumentParser
import ControlPlane

struct SettingsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List settings with what holds and what each layer says.")

    @Option(help: "For this project.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let query = project.map { "?project=\($0.pathSegment)" } ?? ""
        let listing: Listing.Settings = try await Connection.with { try await $0.get("/api/v1/settings\(query)") }
        try listing.show(json: json)
    }
}
