import ArgumentParser

struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "The master keys that seal every secret. For administrators.",
        discussion: """
            EXAMPLES
              sam vault rotate
            """,
        subcommands: [VaultRotate.self])
}
