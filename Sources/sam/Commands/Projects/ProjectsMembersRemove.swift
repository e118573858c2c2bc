import API
import ArgumentParser
import Foundation

struct ProjectsMembersRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take a user out of a project. Everyone can leave one by themselves.",
        discussion: """
            EXAMPLES
              sam projects members remove swift-nio kim
            """)

    @OptionGroup var target: MembersArgument

    @Argument(help: "A user's name or id.")
    var user: String

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    func run() async throws {
        if isatty(STDIN_FILENO) == 1, !yes {
            Terminal.line("The sessions of \(user) in \(target.project) end, with their work kept.")
            try Terminal.agree(yes: yes)
        }
        try await Connection.with { try await $0.delete("\(target.path)/\(user.pathSegment)") }
    }
}
