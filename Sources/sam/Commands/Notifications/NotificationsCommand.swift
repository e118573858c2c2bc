import ArgumentParser

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
