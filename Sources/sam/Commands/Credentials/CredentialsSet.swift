import ArgumentParser
import ControlPlane
import Credentials
import Foundation
import NIOHTTP1
import Vault

struct CredentialsSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Store a key, or a new version of the one that is stored.",
        discussion: """
            The secret is asked for without showing it, or read from standard input; never from an argument, where others \
            could see it.

            EXAMPLES
              sam credentials set anthropic
              sam credentials set openai --project nio --label "team key" < key.txt
              sam credentials set openai-chatgpt < ~/.codex/auth.json
            """)

    @OptionGroup var target: CredentialTarget

    @Option(help: "The label by which people know the key.")
    var label: String?

    @Option(help: "The day after which it is of no use, like 2027-01-31.")
    var expires: String?

    @Option(help: "The reason, which is shown with it later.")
    var reason: String?

    @Argument(help: .hidden)
    var rest: [String] = []

    /// Otherwise the parser would print the secret that was typed as an argument.
    func validate() throws {
        guard rest.isEmpty else {
            throw ValidationError(
                "There is no --secret and no argument for it, because others could see it there. It is asked for, or read from standard input."
            )
        }
        guard let expires else { return }
        do { _ = try ExpiryDay(expires, now: Time.now) } catch let failure as APIClient.Failure {
            throw ValidationError(failure.description)
        }
    }

    func run() async throws {
        if isFile, isatty(STDIN_FILENO) == 1 {
            throw APIClient.Failure(
                status: nil,
                description:
                    "This sign-in is a file. Give it on standard input: sam credentials set \(target.provider) < ~/.codex/auth.json")
        }
        let expiry = try expires.map { try ExpiryDay($0, now: Time.now).end }
        let secret = try SecretInput.read("Secret for \(target.provider) (it is not shown): ", keepingNewline: isFile)
        let body = CredentialRequest(
            scope: target.scope, project: target.project, secret: SecretInTransit(secret), label: label, expiresAt: expiry,
            reason: reason)
        try target.show(try await Connection.with { try await $0.send(.PUT, target.path, body) })
        await CustomEndpoint.warnIfMissing(target.provider)
    }

    private var isFile: Bool { Provider(rawValue: target.provider)?.kind == .oauth }
}
