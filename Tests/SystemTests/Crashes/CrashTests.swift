import AgentProtocol
import Foundation
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("When processes die")
struct CrashTests {
    @Test("The server is killed in the middle of ten sessions: all complete, and no event is lost or told twice")
    func serverDies() async throws {
        try await SamFixture.with { sam in
            var server = try await sam.serve()
            try await sam.project()
            _ = try await sam.sam("settings", "set", "sessions.limit", "10")
            var sessions: [String] = []
            for _ in 0..<10 { sessions.append(try await sam.start(project: "project", agent: "chatty", "until told")) }
            try await eventually("all ten work") {
                let listing = try await sam.json("sessions", "list")["sessions"]
                guard case .array(let all)? = listing else { return false }
                return all.count { $0["phase"]?.string == "working" } == 10
            }
            // None of them ends before it is told to, so all ten are in the middle of their work now.
            try await sam.killHard(server)
            try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
            server = try await sam.serve()

            for id in sessions { try sam.write("", to: "home/sessions/\(id)/workspace/enough") }
            for id in sessions {
                let finished = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
                #expect(finished.phase == "completed", "\(id): \(finished.phases) \(finished.failureMessage)")
                let lines = finished.said.split(separator: "\n")
                #expect(!lines.isEmpty && lines.indices.allSatisfy { lines[$0] == "line \($0 + 1)" }, "Each line once, in order")
                let numbers = finished.events.compactMap { event -> Int? in
                    guard case .integer(let seq)? = event["seq"] else { return nil }
                    return seq
                }
                #expect(numbers == Array(1...finished.events.count), "seq is dense from 1")
                #expect(finished.payloads("turnStarted").count == 1, "The prompt was handed over once")
            }
        }
    }

    @Test("The server is killed again and again while sessions start and end: every one comes to its end")
    func serverDiesRepeatedly() async throws {
        try await SamFixture.with { sam in
            var server = try await sam.serve()
            try await sam.project()
            var sessions: [String] = []
            for round in 0..<4 {
                for _ in 0..<2 { sessions.append(try await sam.start(project: "project", agent: "chatty", "\(5 + round)")) }
                try await sam.killHard(server)
                try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
                server = try await sam.serve()
            }
            for id in sessions {
                let session = try await sam.finish(id)
                #expect(session["phase"]?.string == "completed", "\(id): \(session)")
                #expect(try await sam.file("left-behind.txt", of: session) == "work\n")
            }
        }
    }

    @Test("A runner is killed: its session is interrupted within 15 s and its work so far is on the branch")
    func runnerDies() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start(project: "project", agent: "chatty", "100000")
            let runner = try await runner(of: id, sam)
            try await eventually("the agent has left something behind") {
                FileManager.default.fileExists(atPath: "\(sam.home)/sessions/\(id)/workspace/left-behind.txt")
            }
            let killed = ContinuousClock.now
            kill(runner, SIGKILL)
            try await eventually("the session is interrupted", within: .seconds(15)) {
                try await sam.json("sessions", "show", id)["phase"]?.string == "interrupted"
            }
            #expect(ContinuousClock.now - killed < .seconds(15))
            let finished = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(finished.phase == "interrupted")
            #expect(try await sam.file("left-behind.txt", of: finished.session) == "work\n")
            #expect(
                finished.payloads("prompt").last?["state"]?.string == "uncertain", "Whether the prompt was answered is not known")
            #expect(SamFixture.processes(with: id).isEmpty, "Nothing of the session is left running")
        }
    }

    @Test("A runner that comes after its session was salvaged is fenced off, ends, and changes nothing")
    func lateRunner() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start(project: "project", agent: "chatty", "100000")
            let runner = try await runner(of: id, sam)
            let original = "\(sam.home)/sessions/\(id)/attempt-1/runner.json"
            var start: RunnerStart = try JSONLine.decode(
                from: try #require(FileManager.default.contents(atPath: original)))
            kill(runner, SIGKILL)
            _ = try await sam.finish(id)
            let before = try await sam.events(id)

            // The very same attempt with the very same token, on a folder of its own.
            start.place.folder = sam.scratch + "/late"
            start.place.executable = "/bin/sleep"
            start.configuration?.agent.arguments = ["1000"]
            try sam.write(try JSONLine.text(start), to: "late/runner.json")
            let late = try await Command(
                SamFixture.programs + "/sam-runner", ["run", sam.scratch + "/late/runner.json"]
            ).run(timeout: .seconds(30))
            #expect(late.termination == .exited(0), "It ends by itself: \(late.standardError)")
            #expect(try await sam.events(id) == before)
        }
    }

    @Test("A runner that gets SIGTERM stops its agent and ends; its session fails with that cause, and the agent's work is kept")
    func terminatedRunner() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start(project: "project", agent: "shell", "echo kept > kept.txt; sleep 1000")
            let runner = try await runner(of: id, sam)
            try await eventually("the agent has left something behind") {
                FileManager.default.fileExists(atPath: "\(sam.home)/sessions/\(id)/workspace/kept.txt")
            }
            kill(runner, SIGTERM)
            let finished = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(finished.phase == "failed" && finished.failureCode == "runnerStopped", "\(finished.session)")
            #expect(finished.failureMessage.contains("SIGTERM"))
            #expect(try await sam.file("kept.txt", of: finished.session) == "kept\n")
            try await eventually("the runner has ended") { kill(runner, 0) != 0 }
            #expect(SamFixture.processes(with: id).isEmpty, "Nothing of the session is left running")
        }
    }

    @Test("A runner that is stopped for a while comes back to its session")
    func silentRunner() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start(project: "project", agent: "chatty", "until told")
            let runner = try await runner(of: id, sam)
            kill(runner, SIGSTOP)
            try await eventually("the session is interrupted") {
                try await sam.json("sessions", "show", id)["phase"]?.string == "interrupted"
            }
            kill(runner, SIGCONT)
            try sam.write("", to: "home/sessions/\(id)/workspace/enough")
            let finished = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(finished.phase == "completed")
            let lines = finished.said.split(separator: "\n")
            #expect(!lines.isEmpty && lines.indices.allSatisfy { lines[$0] == "line \($0 + 1)" }, "Each line once, in order")
        }
    }

    private func runner(of id: String, _ sam: SamFixture) async throws -> pid_t {
        let lock = "\(sam.home)/sessions/\(id)/attempt-1/lock"
        try await eventually("the session works") {
            try await sam.json("sessions", "show", id)["phase"]?.string == "working"
        }
        return try #require(FileLock.holder(path: lock))
    }
}
