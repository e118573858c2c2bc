import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "What holds here, and who says so.",
        subcommands: [SettingsList.self, SettingsSet.self, SettingsOff.self, SettingsOn.self, SettingsClear.self],
        defaultSubcommand: SettingsList.self)
}

struct SettingsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List settings with what holds and what each layer says.")

    @Option(help: "For this project.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let query = project.map { "?project=\($0.pathSegment)" } ?? ""
        try show(try await Connection.with { try await $0.get("/api/v1/settings\(query)") }, json: json)
    }
}

/// Which layer a change is for.
struct LayerOptions: ParsableArguments {
    @Option(help: "platform, user or project.")
    var scope: Scope = .platform

    @Option(help: "The project, for the project scope.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (scope == .project) == (project != nil) else {
            throw ValidationError("--project goes with --scope project, and it with that.")
        }
    }
}

struct SettingsSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a value at a layer.",
        discussion: """
            EXAMPLES
              sam settings set sessions.limit 16
              sam settings set sandbox.memoryMebibytes 8192 --scope project --project swift-nio
            """)

    @Argument var key: String
    @Argument var value: String
    @OptionGroup var layer: LayerOptions

    func run() async throws {
        let change = SettingChange(scope: layer.scope, project: layer.project, value: value)
        try show(
            try await Connection.with { try await $0.send(.PUT, "/api/v1/settings/\(key.pathSegment)", change) },
            json: layer.json, only: key)
    }
}

struct SettingsOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off", abstract: "Turn a setting off at a layer. It stays off until it is turned on or cleared.")

    @Argument var key: String
    @Option(help: "Why, for whoever asks later.")
    var reason: String?
    @OptionGroup var layer: LayerOptions

    func run() async throws {
        let change = SettingChange(scope: layer.scope, project: layer.project, reason: reason)
        try show(
            try await Connection.with { try await $0.send(.POST, "/api/v1/settings/\(key.pathSegment)/off", change) },
            json: layer.json, only: key)
    }
}

struct SettingsOn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on", abstract: "Turn a setting on again at a layer, with the value it had.")

    @Argument var key: String
    @OptionGroup var layer: LayerOptions

    func run() async throws {
        let change = SettingChange(scope: layer.scope, project: layer.project)
        try show(
            try await Connection.with { try await $0.send(.POST, "/api/v1/settings/\(key.pathSegment)/on", change) },
            json: layer.json, only: key)
    }
}

struct SettingsClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make a layer say nothing about a setting, so that broader ones speak again.")

    @Argument var key: String
    @OptionGroup var layer: LayerOptions

    func run() async throws {
        let change = SettingChange(scope: layer.scope, project: layer.project)
        try show(
            try await Connection.with { try await $0.send(.POST, "/api/v1/settings/\(key.pathSegment)/clear", change) },
            json: layer.json, only: key)
    }
}

private func show(_ listing: Listing.Settings, json: Bool, only key: String? = nil) throws {
    if json { return Terminal.line(try JSONLine.text(listing)) }
    for setting in listing.settings where key == nil || setting.key == key {
        let source = setting.decidedAt.map { "set at \($0.rawValue)" } ?? "standard"
        Terminal.line("\(Terminal.styled(setting.key, .bold)) = \(setting.value)  \(Terminal.styled("(\(source))", .dim))")
        Terminal.line("  \(setting.summary)")
        for layer in setting.layers where layer.state != "absent" {
            let by = layer.changedBy.map { " by \($0)" } ?? ""
            let reason = layer.reason.map { ": \(Terminal.plain($0))" } ?? ""
            Terminal.line("  \(layer.scope.rawValue): \(layer.state)\(by)\(reason)")
        }
    }
}

extension Scope: ExpressibleByArgument {}
