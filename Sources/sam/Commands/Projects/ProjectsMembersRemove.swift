import ArgumentParser
import ControlPlane
import Foundation

struct ProjectsMembersRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Take a user out of a project. Everyone can leave one by themselves.",
        discussion: """
            The user's sessions in the project end, with their work kept, so it asks on a terminal.

            EXAMPLES
              sam projects members rm swift-nio kim
              sam projects members rm swift-nio kim --yes
            """)

    @Argument(help: "The project's name or id.")
    var project: String

    @Argument(help: "The user's name or id.")
    var user: String

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    func run() async throws {
        if isatty(STDIN_FILENO) == 1, !yes {
            Terminal.line("The sessions of \(user) in \(project) end, with their work kept.")
            try Terminal.agree(yes: yes)
        }
        try await Connection.with {
            try await $0.delete("/api/v1/projects/\(project.pathSegment)/members/\(user.pathSegment)")
        }
        Terminal.line("\(user) does not belong to \(project) any more.")
    }
}
