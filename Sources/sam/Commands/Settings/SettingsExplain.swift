import AgentProtocol
import ArgumentParser
import Cascade
import ControlPlane
import Settings

struct SettingsExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell what holds for a setting, and why.",
        discussion: """
            EXAMPLES
              sam settings explain sessions.limit
              sam settings explain credentials.signInFiles --project swift-nio
            """)

    @Argument(help: "The setting's name, as `sam settings` lists it.")
    var key: String

    @Option(help: "The project for which it is explained.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let query = project.map { "?project=\($0.pathSegment)" } ?? ""
        let listing: Explanations<SettingExplanation> = try await Connection.with {
            try await $0.get("/api/v1/settings/\(key.pathSegment)\(query)")
        }
        if json { return try Terminal.json(listing) }
        for setting in listing.explanations {
            Terminal.line(Terminal.styled("\(setting.sentence)", .bold))
            for layer in setting.layers {
                Terminal.layer(
                    layer.scope.rawValue, finding: layer.finding, verdict: layer.verdict, what: layer.value.map { "“\($0)”" }, by: layer.by,
                    at: layer.at, reason: layer.reason)
            }
            let tightest = setting.scope == .standard ? "  (the tightest)" : ""
            Terminal.line(Terminal.styled("  standard  \(setting.standard)\(tightest)", .dim))
        }
    }
}
