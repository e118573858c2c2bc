import AgentProtocol
import ArgumentParser
import Foundation
import Logging
import Processes
import RunnerKit
import Wording

/// Runs one agent from its configuration to its end.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the agent that a configuration describes.")

    @Argument(help: "The configuration, a file that only its owner can read.")
    var file: String

    func run() async throws {
        let configuration: RunnerConfiguration = try JSONLine.decode(from: Data(contentsOf: URL(filePath: file)))
        LoggingSystem.bootstrap { VisibleLogHandler(StreamLogHandler.standardError(label: $0)) }
        var logger = Logger(label: "sam.runner")
        logger[metadataKey: "session"] = "\(configuration.session.rawValue)"
        // Held until the process ends, however it ends: this is how the control plane knows that it lives.
        guard let lock = FileLock(path: RunnerConfiguration.lockPath(in: configuration.folder)) else {
            logger.error("Another runner owns this attempt.")
            throw ExitCode.failure
        }
        try await Runner(configuration: configuration, logger: logger).run()
        withExtendedLifetime(lock) {}
    }
}
