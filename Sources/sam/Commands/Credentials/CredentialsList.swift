import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Credentials

struct CredentialsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the entries of the layers that you may change. Secrets are never shown.",
        discussion: """
            EXAMPLES
              sam credentials list
              sam credentials list --json
            """)

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/credentials", show)
    }

    private func show(_ listing: Listing.Credentials) {
        guard !listing.credentials.isEmpty else {
            return Terminal.line("No key is stored yet. Store one with: sam credentials set PROVIDER")
        }
        var table = Table(["SCOPE", "PROVIDER", "STATE", "LABEL", .whole("VERSION"), "ENDS WITH", "CHANGED"])
        for credential in listing.credentials {
            let state = credential.state == .off ? "turned off" : credential.state.rawValue
            table.add([
                [credential.scope.rawValue, credential.owner].compactMap(\.self).joined(separator: " "), credential.provider.rawValue,
                credential.failure == nil ? state : "broken", credential.label ?? "(tombstone)",
                credential.version.map(String.init) ?? "", credential.ending.map { "…\($0)" } ?? "",
                credential.updatedAt.map(Time.ago) ?? "",
            ])
        }
        table.show()
        for credential in listing.credentials {
            if let failure = credential.failure {
                Terminal.warn(Terminal.styled("! \(credential.provider.rawValue): \(failure)", .yellow))
            }
            if credential.held > 0 {
                Terminal.warn(
                    Terminal.styled(
                        "! A rotated token is held. Recover it with: sam credentials recover \(credential.provider.rawValue)"
                            + (credential.scope == .project ? " --project \(credential.owner ?? "")" : ""), .yellow))
            }
        }
    }
}
