import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import NIOHTTP1
import Sessions

struct ProjectsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove a project with its sessions, keys and settings. Its repository is not touched.",
        discussion: """
            It says beforehand what goes. Sessions that are not over, and work that was not landed, keep a project where it is; --force
            gives that work up. What the project used and what was done in it stay written down.

            EXAMPLES
              sam projects rm swift-nio
              sam projects rm swift-nio --force --yes
            """)

    @Argument(help: "The project's name or id.")
    var project: String

    @Flag(help: "Also when work was not landed. It is lost.")
    var force = false

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let path = "/api/v1/projects/\(project.pathSegment)"
        let removed = try await Connection.with { client in
            if !json {
                let outlook: ProjectRemoval = try await client.get(path + "/removal")
                Terminal.line("With \(outlook.project) go: \(outlook.parts).")
                if force, !outlook.unlanded.isEmpty {
                    Terminal.warn("Not landed, and lost with it: \(outlook.unlanded.map(\.rawValue).joined(separator: ", "))")
                }
                let isRefused = !outlook.live.isEmpty || !outlook.unlanded.isEmpty && !force
                if isatty(STDIN_FILENO) == 1, !yes, !isRefused, !Terminal.confirm("Go on?") {
                    Terminal.warn("Nothing was changed.")
                    throw ExitStatus.failed
                }
            }
            return try await client.remove(path + (force ? "?force=true" : ""), as: ProjectRemoval.self)
        }
        if json { return try Terminal.json(removed) }
        Terminal.line("Project \(removed.project) is removed.")
    }
}

extension ProjectRemoval {
    /// What goes, in words.
    fileprivate var parts: String {
        let counts: [(Int, String, String)] = [
            (sessions, "session", "sessions"), (credentials, "credential", "credentials"), (settings, "setting", "settings"),
            (budgets, "budget", "budgets"), (keys, "gateway key", "gateway keys"), (members, "membership", "memberships"),
        ]
        let told = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }
        return (told + ["SAM's copy of its repository"]).joined(separator: ", ")
    }
}
