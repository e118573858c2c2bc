import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Credentials
import Foundation
import NIOHTTP1

/// Which provider at which layer a command is about.
struct CredentialTarget: ParsableArguments {
    @Argument(help: "anthropic, openai, openai-chatgpt, google, mistral or custom-ID.")
    var provider: String

    @Option(help: "user (the usual one), project or platform.")
    var scope: Scope?

    @Option(help: "The project, for its layer.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try Scope.check(scope, project: project)
    }

    var layer: Scope { scope ?? (project == nil ? .user : .project) }
    var path: String { "/api/v1/credentials/\(provider.pathSegment)" }

    func show(_ report: ChangeReport) throws {
        if json { return try Terminal.json(report) }
        Terminal.line("\(report.done)")
        Terminal.line("\(report.after.sentence)")
    }
}

/// An act on a layer whose consequences a person should know beforehand.
struct CredentialActOptions: ParsableArguments {
    @OptionGroup var target: CredentialTarget

    @Option(help: "Why, for whoever asks later.")
    var reason: String?

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    /// Tells what will then apply, asks on a terminal, and does it.
    func perform(_ act: String) async throws {
        var wish = CredentialWish(scope: target.layer, project: target.project, reason: reason)
        let report = try await Connection.with { client in
            if !target.json {
                wish.dryRun = true
                let outlook: ChangeReport = try await client.send(.POST, "\(target.path)/\(act)", wish)
                Terminal.line("Now:  \(outlook.before.sentence)")
                Terminal.line("Then: \(outlook.after.sentence)")
                if isatty(STDIN_FILENO) == 1, !yes, !Terminal.confirm("Go on?") {
                    Terminal.warn("Nothing was changed.")
                    throw ExitStatus.failed
                }
                wish.dryRun = nil
            }
            return try await client.send(.POST, "\(target.path)/\(act)", wish, as: ChangeReport.self)
        }
        if target.json { return try Terminal.json(report) }
        Terminal.line("\(report.done)")
    }
}
