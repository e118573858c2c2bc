import ArgumentParser

struct ProvidersRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Forget an address that was set. The official one, where there is one, holds again.",
        discussion: """
            EXAMPLES
              sam providers rm custom-house
            """)

    @Argument(help: "The provider, as `sam providers` lists it.")
    var provider: String

    func run() async throws {
        try await Connection.with { try await $0.delete("/api/v1/providers/\(provider.pathSegment)") }
        guard provider.hasPrefix("custom-") else { return Terminal.line("\(provider) is reached at its official address.") }
        Terminal.line(
            "\(provider) has no address now. Keys that are stored for it stay: sam credentials list, sam credentials rm \(provider)")
    }
}
