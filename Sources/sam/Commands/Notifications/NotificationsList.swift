import AgentProtocol
import ArgumentParser
import ControlPlane

struct NotificationsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List those that you have not read.",
        discussion: """
            EXAMPLES
              sam notifications list
              sam notifications list --all
            """)

    @Flag(help: "List those that you have read, too.")
    var all = false

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/notifications" + (all ? "" : "?unread=true"), show)
    }

    private func show(_ listing: Listing.Notifications) {
        guard !listing.notifications.isEmpty else { return Terminal.line("Nothing new.") }
        for notification in listing.notifications {
            let mark = notification.readAt == nil ? Terminal.styled("●", .yellow) : " "
            Terminal.line(
                "\(mark) \(Terminal.styled("\(notification.id)  \(Time.ago(notification.at))", .dim))  \(notification.text)"
            )
        }
    }
}
