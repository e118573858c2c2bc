import ArgumentParser
import ControlPlane

struct UsersDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Shut a user out.",
        discussion: """
            EXAMPLES
              sam users disable kim
            """)

    @Argument(help: "A user's name or id.")
    var user: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let changed: UserView = try await Connection.with { try await $0.post("/api/v1/users/\(user.pathSegment)/disable") }
        try changed.show(json: json)
    }
}
