import AgentProtocol
import ArgumentParser
import ControlPlane
import Metering

struct ProvidersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers", abstract: "Where providers are reached. Setting that is for administrators.",
        discussion: """
            EXAMPLES
              sam providers list
              sam providers set custom-house https://llm.example.org/v1
              sam providers set custom-local http://127.0.0.1:8080/v1 --allow-private
              sam providers set anthropic https://proxy.example.org/anthropic
              sam providers rm custom-house
            """,
        subcommands: [ProvidersList.self, ProvidersSet.self, ProvidersRemove.self], defaultSubcommand: ProvidersList.self)
}

extension Listing.Providers {
    /// Prints all providers.
    func show(json: Bool) throws {
        if json { return try Terminal.json(self) }
        var table = Table([.whole("PROVIDER"), "ADDRESS", "FORMAT", ""])
        for provider in providers {
            let notes = [provider.isOfficial ? nil : "set by an administrator", provider.allowsPrivate == true ? "may be private" : nil]
            table.add([
                provider.id, provider.url ?? "for administrators to see", provider.format.rawValue,
                notes.compactMap(\.self).joined(separator: ", "),
            ])
        }
        table.show()
    }
}
