import ArgumentParser

struct ProvidersRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Forget an address that was set. The official one, where there is one, holds again.",
        discussion: """
            EXAMPLES
              sam providers rm custom-house
            """)

    @Argument(help: "A provider.")
    var provider: String

    func run() async throws {
        try await Connection.with { try await $0.delete("/api/v1/providers/\(provider.pathSegment)") }
        Terminal.line("\(provider) is reached at its official address, if it has one.")
    }
}
