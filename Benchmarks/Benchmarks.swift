import ArgumentParser

/// Measures SAM against its peers and prints Markdown tables. Never part of the tests.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks", abstract: "Measures SAM, side by side with its peers in one run.",
        subcommands: [
            WorkspaceCreation.self, SessionReadiness.self, SessionMemory.self, SessionTraffic.self, CredentialResolution.self,
            VaultSealing.self,
            GatewayComparison.self, ModelServer.self,
        ])
}
