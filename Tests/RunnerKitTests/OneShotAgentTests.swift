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

        /// Waits until it says this.
        func words(_ text: String) async throws {
            try await first("it said \(text)") { message in
                guard case .notification(ACP.Method.update, let params) = message else { return nil }
                return params["update"]?["content"]?["text"]?.string?.contains(text) == true ? text : nil
            }
        }

        /// How a turn ended: its reason, or its error.
        func end(of id: Int) async throws -> String {
            try await first("turn \(id) ended") { message in
                switch message {
                case .success(.number(id), let result): result["stopReason"]?.string
                case .failure(.number(id)?, let error): error.message
                default: nil
                }
            }
        }

        /// What is wanted of the first message that has it, once there is one.
        @discardableResult
        private func first(_ what: String, _ part: (RPCMessage) -> String?) async throws -> String {
            let deadline = ContinuousClock.now + .seconds(60)
            while true {
                if let found = answers.messages.withLock(\.self).lazy.compactMap(part).first { return found }
                try #require(ContinuousClock.now < deadline, "It never came to be that \(what).")
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test("A turn that is cancelled before its program runs ends as cancelled, at once, and the next one runs")
    func cancelledBeforeStart() async throws {
        let mark = NSTemporaryDirectory() + "one-shot-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: mark) }
        let conversation = Conversation(["/bin/sh", "-c", #"[ "$1" = quick ] || { sleep 1000; echo done > "$0"; }"#, mark, "${prompt}"])
        // Each would take 1,000 seconds, and its end is waited for for one minute.
        for turn in 1...20 {
            await conversation.prompt(turn, "slow")
            await conversation.cancel()
            #expect(try await conversation.end(of: turn) == "cancelled")
        }
        await conversation.prompt(21, "quick")
        #expect(try await conversation.end(of: 21) == "end_turn", "A cancel is of its turn alone")
        #expect(!FileManager.default.fileExists(atPath: mark))
    }

    @Test("A cancel without a turn does not affect the next one")
    func cancelWithoutTurn() async throws {
        let conversation = Conversation(["/bin/sh", "-c", "exit 0"])
        await conversation.cancel()
        await conversation.prompt(1, "x")
        #expect(try await conversation.end(of: 1) == "end_turn")
    }

    @Test(
        "A program that does not listen is ended by force, and what it left behind holds no turn up",
        arguments: ["trap '' TERM; while :; do sleep 0.1; done", "setsid sleep 1000 & sleep 1000"])
    func deaf(_ script: String) async throws {
        let conversation = Conversation(["/bin/sh", "-c", "echo begun; \(script)"])
        await conversation.prompt(1, "x")
        try await conversation.words("begun")
        await conversation.cancel()
        #expect(try await conversation.end(of: 1) == "cancelled")
    }

    @Test("A program that can't be started fails its turn and leaves no descriptor open")
    func notStarted() async throws {
        let conversation = Conversation(["/nowhere/at/all", "${prompt}"])
        await conversation.prompt(0, "x")
        #expect(try await conversation.end(of: 0).contains("could not be started"))
        try await Descriptors.expectNoPipeLeft {
            for turn in 1...Descriptors.repetitions {
                await conversation.prompt(turn, "x")
                let end = try await conversation.end(of: turn)
                #expect(end.contains("could not be started"))
            }
        }
    }

    @Test("A runner's agent that can't be started leaves none open either", arguments: ["/nowhere/at/all", "/etc/passwd", "/"])
    func program(_ program: String) async throws {
        try await expectNoPipeLeft(by: Command(program, []), joining: [])
    }

    @Test("Nor does one that can't join its control group, or has no folder to work in")
    func surroundings() async throws {
        try await expectNoPipeLeft(by: Command("/bin/true", []), joining: ["/nowhere/cgroup.procs"])
        try await expectNoPipeLeft(by: Command("/bin/true", [], workingDirectory: "/nowhere"), joining: [])
    }

    private func expectNoPipeLeft(by command: Command, joining groups: [String]) async throws {
        try await Descriptors.expectNoPipeLeft {
            for _ in 0..<Descriptors.repetitions {
                await #expect(throws: ProcessError.self) { _ = try await AgentPipes.start(command, joining: groups) }
            }
        }
    }
}

extension Descriptors {
    /// More than other tests have open for long.
    fileprivate static let repetitions = 150

    /// Checks that what is repeated so often leaves no pipe open. Other tests open and close their own meanwhile, so some that stay open
    /// for a while tell nothing; one that is never closed would each time.
    fileprivate static func expectNoPipeLeft(by body: () async throws -> Void) async throws {
        let before = try openPipes()
        try await body()
        var left = try openPipes().subtracting(before)
        let deadline = ContinuousClock.now + .seconds(30)
        while left.count >= repetitions, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
            left.formIntersection(try openPipes())
        }
        #expect(left.count < repetitions, "\(left.count) pipes are left open")
    }

    /// The pipes that this process has an end of.
    private static func openPipes() throws -> Set<String> {
        Set(
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { name in
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            }.filter { $0.hasPrefix("pipe:") })
    }
}
