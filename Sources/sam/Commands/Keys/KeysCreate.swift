import AgentProtocol
import ArgumentParser
import ControlPlane
import Credentials
import NIOHTTP1

struct KeysCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key, and print it this once.",
        discussion: """
            EXAMPLES
              sam keys create laptop
              sam keys create notebook --provider anthropic --project swift-nio
            """)

    @Argument(help: "The key's name: what it is for. Two may have one name; their ids tell them apart then.")
    var name: String?

    /// An earlier spelling of the argument.
    @Option(name: .customLong("name"), help: .hidden)
    var named: String?

    @Option(help: "The one provider that it opens. Without this it opens all.")
    var provider: String?

    @Option(help: "The project whose layers apply. Without it, only yours and the platform's apply.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard name == nil || named == nil else {
            throw ValidationError("The key has two names, “\(named ?? "")” and “\(name ?? "")”. Give it one: sam keys create laptop")
        }
        guard name != nil || named != nil else { throw ValidationError("The key needs a name: sam keys create laptop") }
    }

    func run() async throws {
        let created: CreatedKey = try await Connection.with {
            try await $0.send(.POST, "/api/v1/keys", NewKey(name: name ?? named ?? "", provider: provider, project: project))
        }
        if json {
            try Terminal.json(created)
            return await CustomEndpoint.warnIfMissing(created.key.provider)
        }
        Terminal.line("\(created.token)")
        created.advice.forEach { Terminal.warn($0) }
        await CustomEndpoint.warnIfMissing(created.key.provider)
        // Fetched separately, because a failure must not hide the key.
        let server: ServerView? = try? await Connection.with { try await $0.get("/api/v1/server") }
        if let idle = server?.idleExit {
            Terminal.warn("This server ends after \(idle) s of silence, and the next one has another address. One that stays: sam serve")
        }
    }
}
