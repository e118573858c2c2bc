import AgentProtocol
import Foundation
import Logging
import Processes
import TestSupport
import Testing

@testable import Workspaces

@Suite("A runner that is killed")
struct RunnerKillTests {
    private static let session = SessionID(rawValue: "s_1")

    /// Runs a body with a host, its clock, and the path of the lock of an attempt's runner.
    private func with(_ body: (LocalHost, SkippingClock, String) async throws -> Void) async throws {
        let folder = "/tmp/sam-kill-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let home = Home(path: folder)
        try home.create()
        let clock = SkippingClock()
        let host = try LocalHost(
            home: home, programs: try #require(SalvageFixture.programs), logger: Logger(label: "test"), clock: clock)
        let attempt = home.attempt(Self.session, 1)
        try FileManager.default.createDirectory(atPath: attempt, withIntermediateDirectories: true)
        try await body(host, clock, RunnerPlace.lockPath(in: attempt))
    }

    @Test("One that does not end is given up after the time limit, with its process and its lock")
    func endless() async throws {
        try await with { host, clock, lock in
            let held = try #require(FileLock(path: lock))
            // A number that is never killed stands for a process that does not end.
            try Data("1".utf8).write(to: URL(filePath: lock))
            let error = await #expect(throws: WorkspaceError.self) {
                try await host.kill(RunnerReference(session: Self.session, attempt: 1))
            }
            #expect(error?.code == .runner)
            #expect(error?.message.contains("process 1 holds \(lock)") == true, "\(error?.message ?? "")")
            #expect(clock.now.passed == LocalHost.killTimeout)
            withExtendedLifetime(held) {}
        }
    }

    @Test("One whose lock can't be read is given up after the time limit, with what to do")
    func unreadable() async throws {
        try await with { host, clock, lock in
            try FileManager.default.createDirectory(atPath: lock, withIntermediateDirectories: true)
            let error = await #expect(throws: WorkspaceError.self) {
                try await host.kill(RunnerReference(session: Self.session, attempt: 1))
            }
            #expect(error?.code == .runner)
            #expect(error?.message.contains("its lock \(lock) can't be opened") == true, "\(error?.message ?? "")")
            #expect(clock.now.passed == LocalHost.killTimeout)
        }
    }

    @Test("One of another host is refused at once, and what stands under its number here is left alone")
    func foreign() async throws {
        try await with { host, clock, lock in
            let process = try Command("/bin/sleep", ["1000"], environment: [:], workingDirectory: "/").detach(log: lock + ".log")
            defer { Foundation.kill(process, SIGKILL) }
            let held = try #require(FileLock(path: lock))
            try Data(String(process).utf8).write(to: URL(filePath: lock))
            let runner = RunnerReference(session: Self.session, attempt: 1, handle: RunnerHandle(host: "slurm", value: "cluster/17"))
            let error = await #expect(throws: WorkspaceError.self) { try await host.kill(runner) }
            #expect(error?.code == .runner && error?.message.contains("slurm") == true)
            #expect(clock.now.passed == .zero)
            #expect(Foundation.kill(process, 0) == 0)
            withExtendedLifetime(held) {}
        }
    }

    @Test(
        "One that is gone already, or was never started, takes no time", arguments: [nil, RunnerHandle(host: LocalHost.kind, value: "1")])
    func gone(_ handle: RunnerHandle?) async throws {
        try await with { host, clock, _ in
            try await host.kill(RunnerReference(session: Self.session, attempt: 1, handle: handle))
            #expect(clock.now.passed == .zero)
        }
    }
}
