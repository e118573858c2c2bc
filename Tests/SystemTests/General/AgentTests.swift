import AgentProtocol
import Foundation
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Agents that misbehave")
struct AgentTests {
    struct Misbehaviour: Sendable, CustomTestStringConvertible {
        var agent: String
        var code: String
        /// Words that the sentence about it holds.
        var words: String
        var setting: (String, String)?

        var testDescription: String { agent }
    }

    @Test(
        "Each ends in a failure that names the cause; what was there is kept, and nothing is left running",
        arguments: [
            Misbehaviour(
                agent: "silent", code: "handshakeTimedOut", words: "within 1 s", setting: ("agents.handshakeSeconds", "1")),
            Misbehaviour(agent: "no-key", code: "handshakeFailed", words: "No key is set."),
            Misbehaviour(agent: "other-version", code: "handshakeFailed", words: "version 9"),
            Misbehaviour(agent: "half", code: "crashed", words: "in the middle of its work"),
            Misbehaviour(agent: "forking", code: "crashed", words: "in the middle of its work"),
            Misbehaviour(agent: "dying", code: "crashed", words: "in the middle of its work"),
            Misbehaviour(agent: "asking-gone", code: "crashed", words: "in the middle of its work"),
            Misbehaviour(agent: "flood", code: "flooded", words: "2 MiB", setting: ("sessions.outputMebibytes", "2")),
            Misbehaviour(agent: "flood-noise", code: "flooded", words: "2 MiB", setting: ("sessions.outputMebibytes", "2")),
            Misbehaviour(agent: "long-line", code: "protocolViolation", words: "64 MiB"),
        ])
    func misbehaviour(_ case: Misbehaviour) async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            if let (key, value) = `case`.setting { _ = try await sam.sam("settings", "set", key, value) }
            let finished = try await sam.run(project: "project", agent: `case`.agent, "go")
            #expect(finished.phase == "failed")
            #expect(finished.failureCode == `case`.code)
            #expect(finished.failureMessage.contains(`case`.words), "\(finished.failureMessage)")
            let id = try #require(finished.session["id"]?.string)
            #expect(SamFixture.processes(with: id).isEmpty)
            #expect(finished.session["result"] != nil, "The workspace was looked after all the same")
        }
    }

    @Test("Half a line before the end is noted, and the events before it are kept")
    func halfALine() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "half", "go")
            #expect(finished.payloads("note").contains { $0["text"]?.string?.contains("in the middle of a line") == true })
            #expect(finished.phases.contains("ready"))
        }
    }

    @Test("An answer to a request that was never made is ignored and noted")
    func strangeAnswer() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "stranger", "echo done")
            #expect(finished.phase == "completed")
            #expect(finished.said.contains("done"))
            #expect(finished.payloads("note").contains { $0["text"]?.string?.contains("4711") == true })
        }
    }

    @Test("An agent that ignores every request to end is ended by force, and its work is kept")
    func stubborn() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "stubborn", "echo kept > kept.txt")
            #expect(finished.phase == "completed")
            #expect(try await sam.file("kept.txt", of: finished.session) == "kept\n")
            let id = try #require(finished.session["id"]?.string)
            #expect(SamFixture.processes(with: id).isEmpty)
        }
    }

    @Test("An agent that is not installed is refused before anything is made, with the way to get it")
    func notInstalled() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let output = try await sam.sam("run", "--project", "project", "--agent", "not-installed", "go")
            #expect(output.termination == .exited(1))
            #expect(output.standardError.contains("no-such-program") && output.standardError.contains("Get it from nowhere."))
            #expect(try await sam.sam("sessions", "list").text.contains("no sessions yet"))
        }
    }

    @Test("A cancelled session ends, keeps its work, and leaves nothing running")
    func cancel() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start(project: "project", agent: "chatty", "100000")
            try await eventually("the agent works") {
                FileManager.default.fileExists(atPath: "\(sam.home)/sessions/\(id)/workspace/left-behind.txt")
            }
            #expect(!SamFixture.processes(with: id).isEmpty)
            #expect(try await sam.sam("sessions", "cancel", id).termination == .exited(0))
            let session = try await sam.finish(id)
            #expect(session["phase"]?.string == "cancelled")
            #expect(try await sam.file("left-behind.txt", of: session) == "work\n")
            #expect(SamFixture.processes(with: id).isEmpty)
            #expect(try await sam.sam("sessions", "cancel", id).termination == .exited(1), "A second cancel says so")
        }
    }
}
