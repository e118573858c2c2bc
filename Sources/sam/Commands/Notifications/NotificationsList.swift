import AgentProtocol
import ArgumentParser
import ControlPlane

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
        if json { return try Terminal.json(listing) }
        guard !listing.notifications.isEmpty else { return Terminal.line("Nothing new.") }
        for notification in listing.notifications {
            let mark = notification.readAt == nil ? Terminal.styled("●", .yellow) : " "
            Terminal.line(
                "\(mark) \(Terminal.styled("\(notification.id)  \(Time.ago(notification.at))", .dim))  \(notification.text)"
            )
        }
    }
}
