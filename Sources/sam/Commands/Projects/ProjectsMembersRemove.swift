import ArgumentParser
import ControlPlane

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

    func run() async throws {
        try await Connection.with { try await $0.delete("\(target.path)/\(user.pathSegment)") }
    }
}
