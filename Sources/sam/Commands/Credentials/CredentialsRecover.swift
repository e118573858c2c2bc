import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Credentials
import NIOHTTP1

struct CredentialsRecover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Store a rotated token that was held for you as the credential's next version.",
        discussion: """
            A session's token is held when it could not be stored where it belongs: its layer was turned off meanwhile, or \
            someone had set a new secret.

            EXAMPLES
              sam credentials recover openai-chatgpt --list
              sam credentials recover openai-chatgpt
              sam credentials recover openai-chatgpt --session s_0123456789ab
              sam credentials recover openai-chatgpt --discard --yes
            """)

    @OptionGroup var target: CredentialTarget

    @Option(help: "The session that rotated it; the newest when left out.")
    var session: String?

    @Flag(help: "Tell only what is held.")
    var list = false

    @Flag(help: "Throw the token away instead. It is deleted for good, so it asks; without a terminal to ask on it needs --yes.")
    var discard = false

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    func run() async throws {
        guard list else {
            if discard, !yes {
                if !target.json { Terminal.line("The token that is held for \(target.provider) is deleted for good.") }
                try Terminal.agree(yes: yes, json: target.json)
            }
            let body = RecoveryRequest(
                scope: target.scope, project: target.project, session: session, discard: discard ? true : nil)
            return try target.show(try await Connection.with { try await $0.send(.POST, target.path + "/recover", body) })
        }
        let query = "?scope=\(target.scope.rawValue)" + (target.project.map { "&project=\($0.pathSegment)" } ?? "")
        let listing: Listing.Held = try await Connection.with { try await $0.list(target.path + "/held" + query) }
        if target.json { return try Terminal.json(listing) }
        guard !listing.held.isEmpty else { return Terminal.line("Nothing is held.") }
        var table = Table([.whole("SESSION"), "LABEL", "SINCE", "WHY"])
        for rotation in listing.held { table.add([rotation.session, rotation.label, Time.ago(rotation.heldAt), rotation.why]) }
        table.show()
    }
}
