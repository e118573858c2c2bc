import ArgumentParser

struct KeysRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a key open nothing any more.",
        discussion: """
            EXAMPLES
              sam keys revoke laptop
              sam keys revoke g_0123456789ab
            """)

    @Argument(help: "The key's id, or its name if only one of yours has it. Administrators revoke others' by id.")
    var key: String

    func run() async throws {
        try await Connection.with { try await $0.delete("/api/v1/keys/\(key.pathSegment)") }
        Terminal.line("The key \(key) opens nothing any more.")
    }
}
