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
            It says beforehand what goes. Sessions that are not over, and work that was not landed, keep a project where it is, also the \
            branches of sessions that were removed; --force gives that work up. Without a terminal to ask on, and with --json, it needs --yes. \
            What the project used and what was done in it stay written down.

            EXAMPLES
              sam projects rm swift-nio
              sam projects rm swift-nio --force --yes
            """)

    @Argument(help: "The project's name or id.")
    var project: String

    @Flag(help: "Remove it also when work was not landed, which is lost then.")
    var force = false

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let path = "/api/v1/projects/\(project.pathSegment)"
        let removed = try await Connection.with { client in
            if json {
                try Terminal.agree(yes: yes, json: true)
            } else {
                let outlook: ProjectRemoval = try await client.get(path + "/removal")
                Terminal.line("With project “\(outlook.project)” go: \(outlook.parts).")
                let lost = outlook.unlanded.map(\.rawValue) + outlook.leftBranches
                if force, !lost.isEmpty { Terminal.warn("Not landed, and lost with it: \(lost.joined(separator: ", "))") }
                let isRefused = !outlook.live.isEmpty || (!lost.isEmpty || outlook.copyFailure != nil) && !force
                if !isRefused { try Terminal.agree(yes: yes) }
            }
            return try await client.remove(path + (force ? "?force=true" : ""), as: ProjectRemoval.self)
        }
        if json { return try Terminal.json(removed) }
        Terminal.line("Project \(removed.project) is removed.")
    }
}

extension ProjectRemoval {
    /// The parts that the removal deletes, in words.
    fileprivate var parts: String {
        let counts: [(Int, String, String)] = [
            (sessions, "session", "sessions"), (credentials, "credential", "credentials"), (settings, "setting", "settings"),
            (budgets, "budget", "budgets"), (keys, "gateway key", "gateway keys"), (members, "membership", "memberships"),
        ]
        let told = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }
        return (told + ["SAM's copy of its repository"]).joined(separator: ", ")
    }
}
