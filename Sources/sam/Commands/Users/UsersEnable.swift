import API
import ArgumentParser

struct UsersEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Let a user in again.",
        discussion: """
            EXAMPLES
              sam users enable kim
            """)

    @Argument(help: "A user's name or id.")
    var user: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let changed: UserView = try await Connection.with { try await $0.post("/api/v1/users/\(user.pathSegment)/enable") }
        try changed.show(json: json)
    }
}
