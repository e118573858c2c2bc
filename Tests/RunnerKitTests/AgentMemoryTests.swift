import AgentDrivers
import AgentProtocol
import Foundation
import Logging
import Processes
import Testing

@testable import RunnerKit

@Suite("What an agent makes its runner hold in memory")
struct AgentMemoryTests {
    private static func update(_ fields: String) -> Data {
        Data(#"{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{\#(fields)}}}"#.utf8) + Data("\n".utf8)
    }

    @Test("A long line of many small values is left out with a note; a long one of text, and a short one of many values, are taken")
    func manyValues() async throws {
        let zeros = Array(repeating: "0", count: 600_000).joined(separator: ",")
        let commas = String(repeating: #",\":x"#, count: 250_000)
        let few = Array(repeating: "0", count: 20_000).joined(separator: ",")
        let lines = [
            Self.update(#""sessionUpdate":"novel","a":[\#(zeros)]"#),
            Self.update(#""sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"\#(commas)"}"#),
            Self.update(#""sessionUpdate":"novel","a":[\#(few)]"#),
        ]
        let told = try await Self.told { session in for line in lines { await session.output(line) } }
        let notes = told.compactMap { event in if case .note(let note) = event { note.text } else { nil } }
        #expect(notes == ["The agent wrote a line of \(lines[0].count - 1) bytes with more than 200000 JSON values, which was left out."])
        let texts = told.compactMap { event in if case .message(let chunk) = event { chunk.text } else { nil } }
        #expect(texts.joined() == String(repeating: #",":x"#, count: 250_000))
        let others = told.compactMap { event in if case .other(let update) = event { update.raw["a"]?.elements?.count } else { nil } }
        #expect(others == [20_000])
    }

    private static let request: Data = {
        let method = String(repeating: "x", count: 64 << 10)
        return Data(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)"}"#.utf8) + Data("\n".utf8)
    }()

    @Test("An agent that asks and never reads the answers is ended; one that reads them may ask for as much and more")
    func unreadAnswers() async throws {
        let deaf = try await Self.told { session in for _ in 0..<150 { await session.output(Self.request) } }
        guard case .agentExited(let exit)? = deaf.last else { throw TestFailure("No end: \(deaf.count)") }
        #expect(exit.reason == .protocolViolation)
        #expect(exit.message == "The agent left more than 8 MiB unread that SAM wrote to it, mostly answers to its own requests.")

        let reading = try await Self.told { session in
            var answers = session.input.makeAsyncIterator()
            for _ in 0..<150 {
                await session.output(Self.request)
                let answer = try #require(await answers.next())
                await session.written(answer.count)
            }
        }
        guard case .agentExited(let end)? = reading.last else { throw TestFailure("No end: \(reading.count)") }
        #expect(end.reason == .finished, "\(end.message)")
    }

    @Test("A large prompt that is still being read does not count against the agent, but what it asks meanwhile does")
    func largePrompt() async throws {
        let prompt = AgentCommand.prompt(AgentCommand.Prompt(id: PromptID(rawValue: "t_1"), text: String(repeating: "x", count: 9 << 20)))
        func end(_ answers: Int) async throws -> AgentExit.Reason? {
            let answer = DriverAction.send(Data(repeating: UInt8(ascii: "x"), count: 1 << 20))
            let told = try await ScriptedDriver.run(["ask": [answer]]) { session in
                await session.take(prompt)
                for _ in 0..<answers { await session.hear("ask") }
            }.told
            guard case .agentExited(let exit)? = told.last else { return nil }
            return exit.reason
        }
        #expect(try await end(3) == .crashed)
        #expect(try await end(60) == .protocolViolation)
    }

    private struct TestFailure: Error {
        var message: String
        init(_ message: String) { self.message = message }
    }

    /// What a session tells whose agent speaks the Agent Client Protocol.
    private static func told(_ body: (AgentSession) async throws -> Void) async throws -> [AgentEvent] {
        let folder = NSTemporaryDirectory() + "runner-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = RunnerConfiguration.forTests
        configuration.outputLimit = 64 << 20
        let session = try AgentSession(
            configuration: configuration, folder: folder, driver: ACPDriver(configuration.conversation), logger: Logger(label: "test"))
        try await body(session)
        await session.stop()
        await session.ended(.exited(0))
        await session.seal()
        var told: [AgentEvent] = []
        while let batch = await session.batch() {
            told += try JSONLine.decode([NumberedEvent].self, from: Data("[".utf8) + batch.events + Data("]".utf8)).map(\.event)
            await session.acknowledge(batch.last)
        }
        return told
    }
}
