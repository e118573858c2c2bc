import AgentProtocol
import ArgumentParser
import Foundation
import Processes
import RunnerKit

/// Speaks the Agent Client Protocol for a program that answers one prompt and exits.
struct Once: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Be an agent that starts a program for each prompt.", shouldDisplay: false)

    @Argument(parsing: .postTerminator, help: "The program and its arguments; ${prompt} stands for the prompt.")
    var program: [String]

    func run() async throws {
        guard !program.isEmpty else { throw ValidationError("A program is missing.") }
        let output = FileHandle.standardOutput
        let lock = NSLock()
        let agent = OneShotAgent(command: program) { message in lock.withLock { try? output.write(contentsOf: message) } }
        var lines = LineSplitter()
        for await bytes in ByteChunks.of(STDIN_FILENO) {
            for line in try lines.append(bytes) { await agent.receive(line) }
        }
        await agent.finish()
    }
}
