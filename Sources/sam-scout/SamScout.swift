import AgentProtocol
import ArgumentParser
import Foundation
import Processes
import ScoutKit

@main
struct SamScout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sam-scout",
        abstract: "An agent that explores a repository and says what it is. Needs no model and no key.",
        discussion: """
            Speaks the Agent Client Protocol (version 1) on standard input and output, one JSON-RPC message a line, \
            so any client of that protocol can use it. Without one, `sam run --agent scout --repo PATH` does.
            """,
        version: "0.1.0")

    func run() async throws {
        let output = StandardOutput()
        let agent = ScoutAgent(version: Self.configuration.version) { output.write($0) }
        var lines = LineSplitter()
        for await chunk in ByteChunks.of(STDIN_FILENO) {
            for line in try lines.append(chunk) { await agent.receive(line) }
        }
        await agent.finish()
    }
}

/// Writes complete messages to standard output, from any thread.
final class StandardOutput: Sendable {
    private let lock = NSLock()

    func write(_ message: Data) {
        lock.withLock { try? FileHandle.standardOutput.write(contentsOf: message) }
    }
}
