import AgentProtocol
import ArgumentParser
import Foundation
import Logging
import Processes
import RunnerKit
import UnixSignals
import Wording

/// Runs one agent from its configuration to its end.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the agent that a configuration describes.")

    @Argument(help: "The configuration, a file that only its owner can read.")
    var file: String

    func run() async throws {
        LoggingSystem.bootstrap { VisibleLogHandler(StreamLogHandler.standardError(label: $0)) }
        var logger = Logger(label: "sam.runner")
        let start: RunnerStart
        do {
            start = try RunnerStart(reading: try Data(contentsOf: URL(filePath: file)))
        } catch let error as RunnerStartError {
            logger.error("The configuration \(file) can't be read. \(error)")
            throw ExitCode(RunnerStartError.exitCode)
        }
        // Held until the process ends for any reason: the control plane uses it to tell that the runner is alive.
        guard let lock = FileLock(path: RunnerPlace.lockPath(in: start.place.folder)) else {
            logger.error("Another runner owns this attempt.")
            throw ExitCode.failure
        }
        // Before signals are trapped: SIGTERM ends a runner that has not started anything at once.
        guard let configuration = try await start.configurationToRun(logger) else { throw ExitCode.failure }
        logger[metadataKey: "session"] = "\(configuration.session.rawValue)"
        // The agent's process gets the default actions of all signals back.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await Runner(start, running: configuration, logger: logger).run(terminations: signals.map { _ in })
        withExtendedLifetime(lock) {}
    }
}
