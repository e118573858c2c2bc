import Accounts
import AgentProtocol
import ArgumentParser
import Cascade
import ControlPlane
import Credentials
import Foundation
import NIOHTTP1

/// The provider and layer of a command.
struct CredentialTarget: ParsableArguments {
    @Argument(help: "The provider: anthropic, openai, openai-chatgpt, google, mistral or custom-ID.")
    var provider: String

    @OptionGroup var layer: LayerOptions

    var scope: Scope { layer.layer() }
    var project: String? { layer.project }
    var json: Bool { layer.json }
    var path: String { "/api/v1/credentials/\(provider.pathSegment)" }

    func show(_ report: ChangeReport) throws {
        if json { return try Terminal.json(report) }
        Terminal.line("\(report.done)")
        Terminal.line("\(report.after.sentence)")
    }
}

/// Options of an act on a layer whose effect is shown before it is carried out.
struct CredentialActOptions: ParsableArguments {
    @OptionGroup var target: CredentialTarget

    @Option(help: "The reason, which is shown with it later.")
    var reason: String?

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    /// Shows the effect, asks for confirmation on a terminal, and carries the act out.
    func perform(_ act: String) async throws {
        if act == "remove", target.json { try Terminal.agree(yes: yes, json: true) }
        var body = CredentialRequest(scope: target.scope, project: target.project, reason: reason)
        let report = try await Connection.with { client in
            if !target.json {
                body.dryRun = true
                let outlook: ChangeReport = try await client.send(.POST, "\(target.path)/\(act)", body)
                Terminal.line("Now:  \(outlook.before.sentence)")
                Terminal.line("Then: \(outlook.after.sentence)")
                // What is turned off or cleared can be turned on again, so a script may do that without a word.
                if act == "remove" || isatty(STDIN_FILENO) == 1 { try Terminal.agree(yes: yes) }
                body.dryRun = nil
            }
            return try await client.send(.POST, "\(target.path)/\(act)", body, as: ChangeReport.self)
        }
        if target.json { return try Terminal.json(report) }
        Terminal.line("\(report.done)")
    }
}
