import API
import Accounts
import AgentProtocol
import ArgumentParser
import Credentials
import NIOHTTP1

struct CredentialsRecover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Store a rotated token that was held for you as the credential's next version.",
        discussion: """
            A session's token is held when it could not be stored where it belongs: its layer was turned off meanwhile, or
            someone had set a new secret.

            EXAMPLES
              sam credentials recover openai-chatgpt --list
              sam credentials recover openai-chatgpt
              sam credentials recover openai-chatgpt --session s_0123456789ab --discard
            """)

    @OptionGroup var target: CredentialTarget

    @Option(help: "The session that rotated it; the newest when left out.")
    var session: String?

    @Flag(help: "Only tell what is held.")
    var list = false

    @Flag(help: "Throw it away instead.")
    var discard = false

    func run() async throws {
        guard list else {
            let body = RecoveryRequest(
                scope: target.layer, project: target.project, session: session, discard: discard ? true : nil)
            return try target.show(try await Connection.with { try await $0.send(.POST, target.path + "/recover", body) })
        }
        let query = "?scope=\(target.layer.rawValue)" + (target.project.map { "&project=\($0.pathSegment)" } ?? "")
        let listing: Listing.Held = try await Connection.with { try await $0.list(target.path + "/held" + query) }
        if target.json { return try Terminal.json(listing) }
        guard !listing.held.isEmpty else { return Terminal.line("Nothing is held.") }
        var table = Table(["SESSION", "LABEL", "SINCE", "WHY"])
        for rotation in listing.held { table.add([rotation.session, rotation.label, Time.ago(rotation.heldAt), rotation.why]) }
        table.show()
    }
}
