import API
import AgentProtocol
import ArgumentParser
import Credentials
import NIOHTTP1

struct KeysCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key, and print it this once.",
        discussion: """
            EXAMPLES
              sam keys create --name laptop
              sam keys create --name notebook --provider anthropic --project swift-nio
            """)

    @Option(help: "What it is for. Two may have one name; their ids tell them apart then.")
    var name: String

    @Option(help: "The one provider that it opens. Without this, all.")
    var provider: String?

    @Option(help: "The project whose layers apply. Without it, only yours and the platform's apply.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let created: CreatedKey = try await Connection.with {
            try await $0.send(.POST, "/api/v1/keys", NewKey(name: name, provider: provider, project: project))
        }
        if json {
            try Terminal.json(created)
            return await CustomEndpoint.warnIfMissing(created.key.provider)
        }
        Terminal.line("\(created.token)")
        let example = created.key.provider ?? "anthropic"
        let path = Provider(rawValue: example)?.gatewayPath ?? example
        Terminal.warn("It goes where a provider's key goes; the provider's address is then \(created.gateway)/\(path)")
        await CustomEndpoint.warnIfMissing(created.key.provider)
        // Fetched separately, because a failure must not hide the key.
        let server: ServerView? = try? await Connection.with { try await $0.get("/api/v1/server") }
        if let idle = server?.idleExit {
            Terminal.warn("This server ends after \(idle) s of silence, and the next one has another address. One that stays: sam serve")
        }
        if example == "anthropic" {
            Terminal.warn("For Claude Code: ANTHROPIC_BASE_URL=\(created.gateway)/anthropic ANTHROPIC_AUTH_TOKEN=<the key> claude")
        }
    }
}
