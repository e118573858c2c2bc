import AgentDrivers
import AgentProtocol
import Foundation
import Logging
import Testing

@testable import RunnerKit

@Suite("What an agent asks, in its runner")
struct AgentQuestionTests {
    private static let options =
        #"[{"optionId":"y","name":"Yes","kind":"allow_once"},{"optionId":"n","name":"No","kind":"reject_once"}]"#

    private func line(_ text: String) -> Data { Data((text + "\n").utf8) }

    private func request(_ id: Int, _ kind: String, _ path: String) -> Data {
        line(
            #"{"jsonrpc":"2.0","id":\#(id),"method":"session/request_permission","params":{"toolCall":{"toolCallId":"c","title":"t","kind":"\#(kind)","locations":[{"path":"\#(path)"}]},"options":\#(Self.options)}}"#
        )
    }

    /// An agent in the middle of a turn, with what its session has told of permissions and written to it.
    private func withTurn(
        _ mode: PermissionMode = .ask, answerTimeout: Int = 3_600_000,
        _ body: (AgentSession) async throws -> Void
    ) async throws -> (told: [Permission], written: [JSONValue]) {
        let folder = NSTemporaryDirectory() + "runner-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = RunnerConfiguration.forTests
        configuration.conversation.permissions = mode
        configuration.answerTimeout = answerTimeout
        let session = try AgentSession(
            configuration: configuration, folder: folder, driver: ACPDriver(configuration.conversation), logger: Logger(label: "test"))
        await session.begin()
        await session.output(line(#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1}}"#))
        await session.output(line(#"{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s"}}"#))
        await session.receive(
            NumberedCommand(n: 1, command: .prompt(AgentCommand.Prompt(id: PromptID(rawValue: "t_1"), text: "do it"))))
        try await body(session)
        await session.stop()
        await session.seal()
        var told: [Permission] = []
        while let batch = await session.batch() {
            let events = try JSONLine.decode([NumberedEvent].self, from: Data("[".utf8) + batch.events + Data("]".utf8))
            told += events.compactMap { if case .permission(let permission) = $0.event { permission } else { nil } }
            await session.acknowledge(batch.last)
        }
        var written: [JSONValue] = []
        for await data in session.input {
            let message: JSONValue = try JSONLine.decode(from: data)
            if message["method"] == nil { written.append(message) }
        }
        return (told, written)
    }

    @Test("What a mode allowed is asked once it is stricter, and a looser one than before changes nothing")
    func tightened() async throws {
        let (told, written) = try await withTurn(.everything) { session in
            await session.output(request(5, "execute", "/workspace"))
            for (number, mode) in [PermissionMode.edits, .everything].enumerated() {
                await session.receive(NumberedCommand(n: number + 2, command: .permissions(mode)))
                await session.output(request(6 + 2 * number, "execute", "/workspace"))
                await session.output(request(7 + 2 * number, "edit", "/workspace/a"))
            }
        }
        let allowed = written.filter { $0["result"]?["outcome"]?["optionId"] == "y" }.map { $0["id"] }
        #expect(allowed == [5, 7, 9])
        #expect(told.filter { $0.answer == nil }.count == 2)
    }

    @Test("A person's answer reaches the agent, once; a second, and one that is not among the options, change nothing")
    func person() async throws {
        let (told, written) = try await withTurn { session in
            await session.output(request(5, "execute", "/workspace"))
            for (n, option) in [(2, "z"), (3, "y"), (4, "n")] {
                await session.receive(NumberedCommand(n: n, command: .answer(AgentCommand.Answer(permission: "p1", option: option))))
            }
        }
        #expect(told.map(\.id) == ["p1", "p1"] && told.first?.answer == nil && told.first?.until != nil)
        #expect(told.last?.answer == Permission.Answer(option: .init(id: "y", name: "Yes", kind: .allowOnce), by: .person))
        #expect(written == [["jsonrpc": "2.0", "id": 5, "result": ["outcome": ["outcome": "selected", "optionId": "y"]]]])
    }

    @Test("What the session's mode allows is allowed without a word, and nothing else is")
    func mode() async throws {
        let (told, written) = try await withTurn(.edits) { session in
            await session.output(request(5, "edit", "/workspace/a"))
            await session.output(request(6, "edit", "/etc/passwd"))
        }
        #expect(written.first?["result"]?["outcome"]?["optionId"] == "y")
        #expect(told.first?.locations == [ACP.Location(path: "/etc/passwd")] && told.count == 2)
        #expect(told.last?.answer == Permission.Answer(option: nil, by: .turn), "The stop dropped it")
    }

    @Test("A request that is not answered in time is refused")
    func timeLimit() async throws {
        let (told, written) = try await withTurn(answerTimeout: 1) { session in
            await session.output(request(5, "execute", "/workspace"))
            for await _ in session.spooled {
                if let batch = await session.batch(), String(decoding: batch.events, as: UTF8.self).contains("timeLimit") { break }
            }
        }
        #expect(told.last?.answer == Permission.Answer(option: .init(id: "n", name: "No", kind: .refuse), by: .timeLimit))
        #expect(written.first?["result"]?["outcome"]?["optionId"] == "n")
    }

    @Test("When the turn is cancelled or ends, its questions are dropped, and the agent is told")
    func turn() async throws {
        let (told, written) = try await withTurn { session in
            await session.output(request(5, "execute", "/workspace"))
            await session.receive(NumberedCommand(n: 2, command: .cancelTurn))
            await session.output(line(#"{"jsonrpc":"2.0","id":3,"result":{"stopReason":"cancelled"}}"#))
        }
        #expect(told.compactMap(\.answer) == [Permission.Answer(option: nil, by: .turn)])
        #expect(written.map { $0["result"]?["outcome"] } == [["outcome": "cancelled"]])
    }

    @Test("What it asks after it was told to stop is dropped, also where its mode would allow it", arguments: PermissionMode.allCases)
    func late(mode: PermissionMode) async throws {
        let (told, written) = try await withTurn(mode) { session in
            await session.receive(NumberedCommand(n: 2, command: .cancelTurn))
            await session.output(request(5, "edit", "/workspace/a"))
        }
        #expect(told.isEmpty && written.map { $0["result"]?["outcome"] } == [["outcome": "cancelled"]])
    }

    @Test("An agent that asks without end is refused what goes beyond what a person can answer")
    func flood() async throws {
        let (told, written) = try await withTurn { session in
            for id in 1...1_000 { await session.output(request(id + 100, "execute", "/workspace")) }
        }
        #expect(told.count { $0.answer == nil } == 16)
        #expect(told.count { $0.answer?.by == .flood } == 1_000 - 16)
        #expect(written.count { $0["result"]?["outcome"]?["optionId"] == "n" } == 1_000 - 16)
    }
}
