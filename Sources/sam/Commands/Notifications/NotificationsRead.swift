import ArgumentParser

struct NotificationsRead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Mark all, or one, as read.",
        discussion: """
            EXAMPLES
              sam notifications read
              sam notifications read n_0123456789ab
            """)

    @Argument(help: "The notification's id; all of them are marked when it is left out.")
    var id: String?

    func run() async throws {
        try await Connection.with { try await $0.post("/api/v1/notifications/" + (id.map { "\($0.pathSegment)/" } ?? "") + "read") }
        Terminal.line(id.map { "Notification \($0) is marked as read." } ?? "All of your notifications are marked as read.")
    }
}
