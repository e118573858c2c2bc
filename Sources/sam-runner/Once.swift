import AgentProtocol
import ArgumentParser
import Foundation
import RunnerKit

/// Speaks the Agent Client Protocol for a program that answers one prompt and ends.
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
        for try await bytes in Self.input() {
            for line in try lines.append(bytes) { await agent.receive(line) }
        }
        await agent.finish()
    }

    /// Standard input as it comes. One thread reads it, because a read may block for ever.
    private static func input() -> AsyncStream<Data> {
        let (stream, sender) = AsyncStream.makeStream(of: Data.self)
        Thread.detachNewThread {
            while case let data = FileHandle.standardInput.availableData, !data.isEmpty { sender.yield(data) }
            sender.finish()
        }
        return stream
    }
}
