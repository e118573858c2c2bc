import API
import Accounts
import ArgumentParser
import Foundation

struct Projects: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The repositories that agents work on.",
        discussion: """
            EXAMPLES
              sam projects
              sam projects add .
              sam projects members swift-nio
              sam projects rm swift-nio
            """,
        subcommands: [ProjectsList.self, ProjectsAdd.self, ProjectsSandbox.self, ProjectsMembers.self, ProjectsRemove.self],
        defaultSubcommand: ProjectsList.self
    )
}

extension Project.Sandbox: ExpressibleByArgument {}

extension ProjectView {
    func warnAboutMissingSandbox() {
        guard sandbox == .none else { return }
        Terminal.line(Terminal.styled("Its agents run WITHOUT A SANDBOX: they can read and change whatever you can.", .red, .bold))
    }
}
