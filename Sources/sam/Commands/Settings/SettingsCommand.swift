import ArgumentParser

struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "What holds here, and who says so.",
        subcommands: [
            SettingsList.self, SettingsExplain.self, SettingsSet.self, SettingsOff.self, SettingsOn.self, SettingsClear.self,
        ],
        defaultSubcommand: SettingsList.self)
}
