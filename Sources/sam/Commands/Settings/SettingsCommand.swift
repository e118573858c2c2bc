import ArgumentParser

struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "What holds here, and who says so.",
        discussion: """
            Each setting holds by what the layers say: a project's, your own, and the platform's. Your own layer is changed, or the one that \
            --project or --scope names; what can only be set for everybody is set at the platform's. The answer says which it was.

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
