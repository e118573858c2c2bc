import ArgumentParser

struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "What holds here, and who says so.",
        discussion: """
            EXAMPLES
              sam settings
              sam settings explain sessions.limit
              sam settings set sessions.limit 4
            """,
        subcommands: [
            SettingsList.self, SettingsExplain.self, SettingsSet.self, SettingsOff.self, SettingsOn.self, SettingsClear.self,
        ],
        defaultSubcommand: SettingsList.self)
}
