import AgentProtocol
import Foundation
import Processes
import Synchronization
import Testing

@testable import RunnerKit

@Suite("A program that answers one prompt and ends", .serialized)
struct OneShotAgentTests {
    /// An agent with what it has answered to which request.
    private final class Conversation: Sendable {
        private final class Answers: Sendable {
            let messages = Mutex<[RPCMessage]>([])
        }

        let agent: OneShotAgent
        private let answers: Answers

        init(_ command: [String]) {
            let answers = Answers()
            self.answers = answers
            agent = OneShotAgent(command: command) { line in
                if let message = RPCMessage(line: line) { answers.messages.withLock { $0.append(message) } }
            }
        }

        func prompt(_ id: Int, _ text: String) async {
            await agent.receive(
                RPCMessage.request(
                    id: .number(id), method: ACP.Method.prompt, params: ["prompt": [["type": "text", "text": .string(text)]]]
                ).line)
        }

        func cancel() async {
            await agent.receive(RPCMessage.notification(method: ACP.Method.cancel, params: .object([:])).line)
        }

        /// How a turn ended: its reason, or its error.
        func end(of id: Int) async throws -> String {
            var end: String?
            let deadline = ContinuousClock.now + .seconds(30)
            while end == nil {
                for message in answers.messages.withLock(\.self) {
                    switch message {
                    case .success(.number(id), let result): end = result["stopReason"]?.string
                    case .failure(.number(id)?, let error): end = error.message
                    default: break
                    }
                }
                try #require(ContinuousClock.now < deadline, "The turn never ended")
                try await Task.sleep(for: .milliseconds(5))
            }
            return try #require(end)
        }
    }

    @Test("A turn that is cancelled before its program runs ends as cancelled, at once, and the next one runs")
    func cancelledBeforeStart() async throws {
        let mark = NSTemporaryDirectory() + "one-shot-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: mark) }
        let conversation = Conversation(["/bin/sh", "-c", #"[ "$1" = quick ] || { sleep 1000; echo done > "$0"; }"#, mark, "${prompt}"])
        let begun = ContinuousClock.now
        for turn in 1...20 {
            await conversation.prompt(turn, "slow")
            await conversation.cancel()
            #expect(try await conversation.end(of: turn) == "cancelled")
        }
        #expect(ContinuousClock.now - begun < .seconds(20), "None of them waited for its program")
        await conversation.prompt(21, "quick")
        #expect(try await conversation.end(of: 21) == "end_turn", "A cancel is of its turn alone")
        #expect(!FileManager.default.fileExists(atPath: mark))
    }

    @Test("A cancel with no turn is none of the next one's")
    func cancelWithoutTurn() async throws {
        let conversation = Conversation(["/bin/sh", "-c", "exit 0"])
        await conversation.cancel()
        await conversation.prompt(1, "x")
        #expect(try await conversation.end(of: 1) == "end_turn")
    }

    @Test(
        "A program that does not listen is ended by force, and what it left behind holds no turn up",
        arguments: ["trap '' TERM; while :; do sleep 0.1; done", "setsid sleep 30 & sleep 1000"])
    func deaf(_ script: String) async throws {
        let conversation = Conversation(["/bin/sh", "-c", "echo begun; \(script)"])
        let begun = ContinuousClock.now
        await conversation.prompt(1, "x")
        await conversation.cancel()
        #expect(try await conversation.end(of: 1) == "cancelled")
        #expect(ContinuousClock.now - begun < .seconds(20))
    }

    @Test("A program that can't be started fails its turn and leaves no descriptor open")
    func notStarted() async throws {
        let conversation = Conversation(["/nowhere/at/all", "${prompt}"])
        await conversation.prompt(0, "x")
        #expect(try await conversation.end(of: 0).contains("could not be started"))
        let marks = try Descriptors.openPipes()
        for turn in 1...50 {
            await conversation.prompt(turn, "x")
            #expect(try await conversation.end(of: turn).contains("could not be started"))
        }
        // Other tests open and close their own meanwhile; fifty that leak would stand out.
        #expect(try Descriptors.openPipes() < marks + 40)
    }

    @Test("A runner's agent that can't be started leaves none open either", arguments: ["/nowhere/at/all", "/etc/passwd", "/"])
    func pipes(_ program: String) async throws {
        let marks = try Descriptors.openPipes()
        for _ in 0..<30 {
            await #expect(throws: ProcessError.self) { _ = try await AgentPipes.start(Command(program, []), joining: []) }
        }
        for _ in 0..<30 {
            await #expect(throws: ProcessError.self) {
                _ = try await AgentPipes.start(Command("/bin/true", []), joining: ["/nowhere/cgroup.procs"])
            }
        }
        #expect(try Descriptors.openPipes() < marks + 40)
    }
}

extension Descriptors {
    /// How many pipes this process has open.
    fileprivate static func openPipes() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)"))?.hasPrefix("pipe:") == true
        }
    }
}
