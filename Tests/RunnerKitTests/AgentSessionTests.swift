import AgentDrivers
import AgentProtocol
import Foundation
import Logging
import Processes
import Testing

@testable import RunnerKit

@Suite("An agent's session in its runner")
struct AgentSessionTests {
    @Test("When events can't be kept, the agent is ended and the verdict is delivered from memory")
    func diskFull() async throws {
        let folder = NSTemporaryDirectory() + "runner-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: RunnerPlace.spoolPath(in: folder), withDestinationPath: "/dev/full")
        let session = try AgentSession(
            configuration: .forTests, folder: folder, driver: ACPDriver(RunnerConfiguration.forTests.conversation),
            logger: Logger(label: "test"))
        let process = try await OwnedProcess.start(Command("/bin/sleep", ["1000"]), descriptors: Descriptors())
        await session.started(process)
        let termination = await process.termination()
        #expect(termination == .signalled(SIGKILL), "The agent was ended")
        await session.ended(termination)
        let batch = try #require(await session.batch())
        let events = try JSONLine.decode([NumberedEvent].self, from: Data("[".utf8) + batch.events + Data("]".utf8))
        guard case .agentExited(let exit)? = events.last?.event else {
            Issue.record("The last event is no end: \(events)")
            return
        }
        #expect(exit.reason == .spoolFull)
        #expect(exit.message.contains("No space left on device"))
    }

    @Test("An agent whose end was asked for while it was being started is ended at once, and not for its own mistake")
    func stoppedBeforeStart() async throws {
        let folder = NSTemporaryDirectory() + "runner-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let session = try AgentSession(
            configuration: .forTests, folder: folder, driver: ACPDriver(RunnerConfiguration.forTests.conversation),
            logger: Logger(label: "test"))
        await session.stop()
        let process = try await OwnedProcess.start(Command("/bin/sleep", ["1000"]), descriptors: Descriptors())
        await session.started(process)
        let termination = await process.termination()
        #expect(termination == .signalled(SIGKILL))
        await session.ended(termination)
        let batch = try #require(await session.batch())
        let events = try JSONLine.decode([NumberedEvent].self, from: Data("[".utf8) + batch.events + Data("]".utf8))
        guard case .agentExited(let exit)? = events.last?.event else {
            Issue.record("The last event is no end: \(events)")
            return
        }
        #expect(exit.reason == .finished)
    }

    static let verdicts: [(ExitEvidence, AgentExit.Reason)] = {
        func evidence(
            _ termination: Termination, stop: Bool = false, handshake: Bool = true, turn: Bool = false, oom: Int = 0,
            earlier: AgentExit? = nil
        ) -> ExitEvidence {
            ExitEvidence(
                termination: termination, earlier: earlier, stopped: stop ? .command : nil, answeredHandshake: handshake,
                hadRunningTurn: turn, memoryKills: oom, lastWords: "words")
        }
        return [
            (evidence(.exited(0)), .finished),
            (evidence(.exited(0), turn: true), .crashed),
            (evidence(.exited(1)), .crashed),
            (evidence(.signalled(9), turn: true), .crashed),
            (evidence(.exited(0), handshake: false), .handshakeFailed),
            (evidence(.exited(127), handshake: false), .handshakeFailed),
            (evidence(.signalled(9), stop: true), .finished),
            (evidence(.signalled(9), turn: true, oom: 1), .outOfMemory),
            (evidence(.exited(137), handshake: false, oom: 2), .outOfMemory),
            (evidence(.exited(0), oom: 1), .finished),
            (evidence(.signalled(9), stop: true, oom: 1), .finished),
            (evidence(.signalled(9), earlier: AgentExit(.flooded, "m")), .flooded),
        ]
    }()

    @Test("The verdict follows from the evidence", arguments: verdicts.indices)
    func verdict(_ index: Int) {
        let (evidence, reason) = Self.verdicts[index]
        #expect(AgentExit(evidence).reason == reason)
    }

    @Test("Pieces of one message are joined, and nothing changes its order")
    func joining() {
        func piece(_ id: String, _ text: String) -> AgentEvent { .message(MessageChunk(id: id, role: .agent, text: text)) }
        var joiner = ChunkJoiner(limit: 10)
        var out: [AgentEvent] = []
        for event in [piece("a", "1"), piece("a", "2"), piece("b", "3"), .note(Note("n")), piece("b", "4"), piece("b", "567890123")] {
            out += joiner.add(event)
        }
        #expect(!joiner.isHolding, "Past the limit nothing is held back")
        #expect(out == [piece("a", "12"), piece("b", "3"), .note(Note("n")), piece("b", "4567890123")])
    }

    @Test("Last words are the end of what was said, without what could rewrite a terminal")
    func lastWords() {
        var words = LastWords(limit: 8)
        words.append(Data("0123456789".utf8))
        words.append(Data("ab\u{1b}[2J".utf8))
        #expect(words.text == "89ab^[[2J")
        #expect(LastWords().text == nil)
    }
}

extension RunnerConfiguration {
    /// For a session whose program is not started.
    static var forTests: RunnerConfiguration {
        RunnerConfiguration(
            session: SessionID(rawValue: "s_test"), attempt: 1, agent: Agent(arguments: [], wireProtocol: .acp),
            sandbox: .none, limits: Limits(memory: 1 << 30, processes: 100, cpuPercent: 100, disk: 1 << 30),
            conversation: Conversation(workingDirectory: "/workspace", permissions: .ask), handshakeTimeout: 1_000, outputLimit: 1 << 20,
            answerTimeout: 3_600_000, stopGrace: 1_000)
    }
}
