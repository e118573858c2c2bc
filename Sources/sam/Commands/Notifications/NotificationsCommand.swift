import AgentProtocol
import ArgumentParser
import ControlPlane

struct NotificationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notifications", abstract: "What you have to know and did not ask for.",
        discussion: """
            EXAMPLES
              sam notifications
              sam notifications --all
              sam notifications read
            """,
        subcommands: [NotificationsList.self, NotificationsRead.self], defaultSubcommand: NotificationsList.self)
}

struct NotificationsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List those that you have not read.")

    @Flag(help: "Also those that you have read.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Notifications = try await Connection.with {
            try await $0.get("/api/v1/notifications" + (all ? "" : "?unread=true"))
        }
        if json { return Terminal.line(try JSONLine.text(listing)) }
        guard !listing.notifications.isEmpty else { return Terminal.line("Nothing new.") }
        for notification in listing.notifications {
            let mark = notification.readAt == nil ? Terminal.styled("●", .yellow) : " "
            Terminal.line("\(mark) \(Terminal.styled(Time.ago(notification.at), .dim))  \(Terminal.plain(notification.text))")
        }
    }
}

struct NotificationsRead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "read", abstract: "Mark all, or one, as read.")

    @Argument(help: "A notification's id; all of them when left out.")
    var id: String?

    func run() async throws {
        try await Connection.with { try await $0.post("/api/v1/notifications/" + (id.map { "\($0.pathSegment)/" } ?? "") + "read") }
    }
}
