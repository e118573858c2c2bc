import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct KeysCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key, and print it this once.",
        discussion: """
            EXAMPLES
              sam keys create --name laptop
              sam keys create --name notebook --provider anthropic --project swift-nio
            """)

    @Option(help: "What it is for.")
    var name: String

    @Option(help: "The one provider that it opens. Without this, all.")
    var provider: String?

    @Option(help: "The project under whose layers it stands. Without this, yours and the platform's count.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let created: CreatedKey = try await Connection.with {
            try await $0.send(.POST, "/api/v1/keys", NewKey(name: name, provider: provider, project: project))
        }
        if json { return try Terminal.json(created) }
        Terminal.line("\(created.token)")
        let example = created.key.provider ?? "anthropic"
        Terminal.warn("It goes where a provider's key goes; the provider's address is then \(created.gateway)/\(example)")
        // The key is shown this once, so nothing else may stand in its way.
        let server: ServerView? = try? await Connection.with { try await $0.get("/api/v1/server") }
        if let idle = server?.idleExit {
            Terminal.warn("This server ends after \(idle) s of silence, and the next one has another address. One that stays: sam serve")
        }
        if example == "anthropic" {
            Terminal.warn("For Claude Code: ANTHROPIC_BASE_URL=\(created.gateway)/anthropic ANTHROPIC_AUTH_TOKEN=<the key> claude")
        }
    }
}
