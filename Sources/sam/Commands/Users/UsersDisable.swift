import API
import ArgumentParser
import Foundation

struct UsersDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Shut a user out: their tokens open nothing, and their sessions end with their work kept.",
        discussion: """
            On a terminal it asks. To shut yourself out, it needs --yes elsewhere.

            EXAMPLES
              sam users disable kim
              sam users disable kim --yes
            """)

    @Argument(help: "A user's name or id.")
    var user: String

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let changed: UserView = try await Connection.with { client in
            let me: UserView = try await client.get("/api/v1/me")
            let isSelf = user == me.name || user == me.id
            if isSelf, !yes {
                Terminal.warn("This is you: none of your commands works then, until another administrator enables you again.")
            }
            if isSelf || isatty(STDIN_FILENO) == 1, !json { try Terminal.agree(yes: yes) }
            return try await client.post("/api/v1/users/\(user.pathSegment)/disable")
        }
        try changed.show(json: json)
    }
}
