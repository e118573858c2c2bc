import AgentProtocol
import Foundation
import Logging
import TestSupport
import Testing

@testable import RunnerKit
@testable import Sandbox

@Suite("When a runner ends by itself")
struct RunnerEndTests {
    @Test("The control plane is silent when its last success is older than the limit")
    func silence() async throws {
        let clock = ManualClock()
        let watch = AnswerWatch(clock: clock, limit: .seconds(100))
        let silent = Task {
            try await watch.untilSilent()
            return clock.now.passed
        }
        await clock.sleeper(until: .seconds(100))
        clock.advance(by: .seconds(60))
        watch.answered()
        clock.advance(by: .seconds(40))
        await clock.sleeper(until: .seconds(160))
        clock.advance(by: .seconds(60))
        #expect(try await silent.value == .seconds(160))
    }

    @Test("One without a success for a day stops its agent, says so at its end, and gives up the delivery after ten minutes")
    func unanswered() async throws {
        let clock = ManualClock()
        let told = try await Self.run(clock, AsyncStream { _ in }) {
            await clock.sleeper(until: Runner.silenceLimit)
            clock.advance(by: Runner.silenceLimit)
            await clock.sleeper(until: Runner.silenceLimit + .seconds(600))
            clock.advance(by: .seconds(600))
        }
        #expect(told?.reason == .runnerStopped && told?.message.contains("succeeded for 24 h") == true, "\(String(describing: told))")
    }

    @Test("One that is asked to end stops its agent, and exits within its limit also where nothing can be delivered")
    func terminated() async throws {
        let clock = ManualClock()
        let terminations = AsyncStream {
            $0.yield()
            $0.finish()
        }
        let told = try await Self.run(clock, terminations) {
            await clock.sleeper(until: Runner.terminationLimit)
            // The agent has ended, and the delivery has begun.
            await clock.sleeper(until: .seconds(600))
            clock.advance(by: Runner.terminationLimit)
        }
        #expect(told?.reason == .runnerStopped && told?.message.contains("SIGTERM") == true, "\(String(describing: told))")
    }

    /// Runs a runner whose agent never ends by itself and whose control plane is not there.
    ///
    /// - Returns: the end of its agent by its spool.
    private static func run(
        _ clock: ManualClock, _ terminations: AsyncStream<Void>, _ body: () async -> Void
    ) async throws -> AgentExit? {
        let folder = "/tmp/sam-runner-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = RunnerConfiguration.forTests
        configuration.session = SessionID(rawValue: "s_\(folder.suffix(8))")
        configuration.agent.arguments = ["1000"]
        configuration.handshakeTimeout = 3_600_000
        configuration.stopGrace = 10
        defer { ControlGroups.detect().remove(ControlGroups.name(of: configuration.session.rawValue)) }
        let place = RunnerPlace(
            controlSocket: folder + "/none.sock", folder: folder, workspace: folder, home: folder, objects: folder, sockets: folder,
            sandboxFiles: folder, programs: folder, bubblewrap: "/usr/bin/bwrap", executable: "/bin/sleep")
        let runner = Runner(RunnerStart(token: "token", place: place), running: configuration, logger: Logger(label: "test"))
        async let running: Void = runner.run(terminations: terminations, clock: clock)
        await body()
        try await running
        let lines = try Data(contentsOf: URL(filePath: RunnerPlace.spoolPath(in: folder))).split(separator: UInt8(ascii: "\n"))
        let events = try lines.map { try JSONLine.decode(NumberedEvent.self, from: Data($0)).event }
        guard case .agentExited(let exit)? = events.last else { return nil }
        return exit
    }
}
