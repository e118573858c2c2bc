import Accounts
import AgentProtocol
import ArgumentParser
import Cascade
import ControlPlane
import Credentials

struct CredentialsExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell what a session started now would use, and why.",
        discussion: """
            With a provider it ends with 0 when a credential is found, with 3 when the provider is turned off at the layer that decides, and with 1 \
            when it has no credential, or one that can't be used. For all of them it ends with 0.

            EXAMPLES
              sam credentials explain
              sam credentials explain anthropic --project nio
            """)

    @Argument(help: "The provider to explain; all of them when left out.")
    var provider: String?

    @Option(help: "The project in which the session would start.")
    var project: String?

    @OptionGroup var list: ListOptions

    func run() async throws {
        let place = project.map { "/api/v1/projects/\($0.pathSegment)/resolution" } ?? "/api/v1/resolution"
        let query = provider.map { "?provider=\($0.pathSegment)" } ?? ""
        var outcome: ExplainedOutcome?
        let listing: Explanations<CredentialExplanation> = try await Connection.with { try await list.read(place + query, $0) }
        if list.json {
            try Terminal.json(listing)
        } else {
            listing.explanations.forEach(Self.show)
        }
        if provider != nil { outcome = listing.explanations.first?.outcome }
        guard let outcome else { return }
        switch outcome {
        case .found: return
        case .blocked: throw ExitStatus.blocked
        case .failed, .absent: throw ExitStatus.failed
        }
    }

    private static func show(_ explanation: CredentialExplanation) {
        Terminal.line(Terminal.styled("\(explanation.sentence)", .bold))
        for layer in explanation.layers {
            let what = layer.label.map { "“\($0)”, version \(layer.version ?? 0)" }
            Terminal.layer(
                layer.scope.rawValue, finding: layer.finding, verdict: layer.verdict, what: layer.finding == "inactive" ? nil : what,
                by: layer.by,
                at: layer.at, reason: layer.reason)
        }
    }
}
