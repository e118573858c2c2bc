import AgentDrivers
import AgentProtocol
import Foundation
import Logging
import Processes

@testable import RunnerKit

/// A driver whose agent's lines stand for what a test wants to happen, and which writes down what is asked of it.
struct ScriptedDriver: AgentDriver {
    var script: [String: [DriverAction]]

    mutating func begin() -> [DriverAction] { [.emit(.handshake(AgentIdentity(name: "scripted")))] }
    mutating func receive(_ line: Data) -> [DriverAction] { script[String(decoding: line, as: UTF8.self)] ?? [] }
    mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction] {
        [.emit(.turnStarted(Turn(prompt: prompt.id))), sent("prompt \(prompt.text)")]
    }
    mutating func cancelTurn() -> [DriverAction] { [sent("cancel")] }
    mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction] {
        [sent("answer \(permission) \(option?.id ?? "-") \(text ?? "-")")]
    }
    mutating func reply(_ inquiry: String, with answers: [String: [String]]?) -> [DriverAction] {
        let words = answers.map { $0.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.joined(separator: "+"))" } }
        return [sent("reply \(inquiry) \(words?.joined(separator: " ") ?? "-")")]
    }
    mutating func stopBackground() -> [DriverAction] { [sent("stop background")] }

    private func sent(_ text: String) -> DriverAction { .send(Data((text + "\n").utf8)) }

    /// Runs a session with it.
    ///
    /// - Returns: what the session told and what it wrote to the agent.
    static func run(
        _ script: [String: [DriverAction]], permissions: PermissionMode = .ask, answerTimeout: Int = 3_600_000,
        _ body: (AgentSession) async throws -> Void
    ) async throws -> (told: [AgentEvent], written: [String]) {
        let folder = NSTemporaryDirectory() + "runner-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = RunnerConfiguration.forTests
        configuration.conversation.permissions = permissions
        configuration.answerTimeout = answerTimeout
        let session = try AgentSession(
            configuration: configuration, folder: folder, driver: ScriptedDriver(script: script), logger: Logger(label: "test"))
        await session.begin()
        try await body(session)
        await session.ended(.exited(0))
        await session.stop()
        await session.seal()
        var told: [AgentEvent] = []
        while let batch = await session.batch() {
            let events = try JSONLine.decode([NumberedEvent].self, from: Data("[".utf8) + batch.events + Data("]".utf8))
            told += events.map(\.event)
            await session.acknowledge(batch.last)
        }
        var written: [String] = []
        for await data in session.input { written.append(String(decoding: data.dropLast(), as: UTF8.self)) }
        return (told, written)
    }
}

extension AgentSession {
    /// The agent writes lines.
    func hear(_ lines: String...) {
        for line in lines { output(Data((line + "\n").utf8)) }
    }

    /// The control plane sends commands, from a number on.
    func take(_ commands: AgentCommand..., from number: Int = 1) {
        for (place, command) in commands.enumerated() { receive(NumberedCommand(n: number + place, command: command)) }
    }
}
