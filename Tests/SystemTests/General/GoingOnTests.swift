import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("Messages about continuing and stopping a session")
struct GoingOnTests {
    @Test("An ended session says how to continue it: after its run, after a failure, and to who writes to it")
    func over() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            for task in ["echo x > x", "true"] {
                let run = try await sam.sam("run", "--project", "project", "--agent", "shell", task)
                let id = try #require(run.text.firstMatch(of: /Session (s_[a-z0-9]+)/)).1
                #expect(run.termination == .exited(0) && run.text.contains("sam sessions resume \(id) \"…\""), "\(run.text)")
                let late = try await sam.sam("sessions", "prompt", String(id), "And the tests?")
                #expect(late.termination == .exited(1), "\(late.text)")
                #expect(late.standardError.contains("is completed") && late.standardError.contains("sam sessions resume \(id)"))
                #expect(!late.standardError.contains("no more prompts"))
                #expect(try await sam.call(.POST, "/api/v1/sessions/\(id)/prompts", ["text": "x"]).status == 409)
                let watched = try await sam.sam("sessions", "watch", String(id))
                #expect(watched.text.contains("sam sessions resume \(id)"))
                #expect(try await sam.sam("sessions", "resume", String(id), "true").termination == .exited(0), "It is true")
            }
            let died = try await sam.sam("run", "--project", "project", "--agent", "dying", "x")
            let id = try #require(died.text.firstMatch(of: /Session (s_[a-z0-9]+)/)).1
            #expect(died.termination == .exited(1) && died.text.contains("sam sessions resume \(id)"), "\(died.text)")
            let late = try await sam.sam("sessions", "prompt", String(id), "x")
            #expect(late.standardError.contains("is failed") && late.standardError.contains("sam sessions resume \(id)"))
        }
    }

    @Test("With --open a conversation stays open until somebody says that it is finished")
    func open() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let started = try await sam.sam("run", "--project", "project", "--agent", "shell", "--open", "--detach", "echo one > one")
            let id = String(try #require(started.text.firstMatch(of: /Session (s_[a-z0-9]+)/)).1)
            #expect(started.text.contains("sam sessions prompt \(id)") && started.text.contains("sam sessions finish \(id)"))
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "prompt", id, "echo two > two")
            try await sam.waitForTurns(2, of: id)
            try await sam.act("sessions", "finish", id)
            let session = try await sam.finish(id)
            #expect(try await sam.file("one", of: session) == "one\n")
            #expect(try await sam.file("two", of: session) == "two\n")
        }
    }

    @Test("An agent that can't stop its turn is said to, by the command, in the log and by the API; its session still ends")
    func deaf() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start("chatty", "go on", provider: nil)
            try await eventually("it works") { FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/left-behind.txt") }
            let asked = try await sam.sam("sessions", "cancel", id, "--turn")
            #expect(asked.termination == .exited(1), "\(asked.text)")
            #expect(asked.standardError.contains("can't stop one") && asked.standardError.contains("sam sessions cancel \(id)"))
            let path = "/api/v1/sessions/\(id)"
            #expect(try await sam.call(.GET, path)["turnStop"] == "ignored")
            let again = try await sam.call(.POST, path + "/turn/cancel")
            #expect(again.status == 409 && again.text.contains("can't stop one"), "\(again.text)")
            let log = try await sam.call(.GET, path + "/events?limit=1000")["events"]?.elements ?? []
            #expect(log.count { $0["payload"]?["text"]?.string?.contains("although it was asked to stop") == true } == 1)
            try await sam.act("sessions", "cancel", id)
            let session = try await sam.finish(id)
            #expect(session["phase"] == "cancelled" && session["turnStop"] == nil, "\(session)")
            #expect(try await sam.file("left-behind.txt", of: session) == "work\n")
        }
    }

    @Test("A one-shot program that does not listen is stopped all the same, and the next prompt follows")
    func oneShot() async throws {
        try await SamFixture.with { sam in
            let entries = try String(contentsOfFile: sam.home + "/agents.yaml", encoding: .utf8)
            let script = #"trap "" TERM; echo "$1" >> told; [ "$1" = quick ] || while :; do sleep 0.1; done"#
            try sam.write(
                entries + "\n  - {id: deaf, protocol: one-shot, command: [sh, -c, '\(script)', sh, \"${prompt}\"]}\n",
                to: "home/agents.yaml")
            try await sam.project()
            let id = try await sam.start("deaf", "slow", provider: nil)
            try await eventually("it works") { FileManager.default.fileExists(atPath: sam.workspace(of: id) + "/told") }
            let stopped = try await sam.sam("sessions", "cancel", id, "--turn")
            #expect(
                stopped.text.contains("The turn is stopped") && stopped.text.contains("waits for a prompt: sam sessions prompt \(id)"),
                "\(stopped.text)\(stopped.standardError)")
            #expect(try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "ready")
            // One that is not open ends with its turn, and that is said.
            let short = try await sam.start(project: "project", agent: "deaf", "slow")
            try await eventually("it works") { FileManager.default.fileExists(atPath: sam.workspace(of: short) + "/told") }
            let ending = try await sam.sam("sessions", "cancel", short, "--turn")
            #expect(
                ending.text.contains("the session ends, with its work on a branch") && ending.text.contains("sam sessions resume \(short)"),
                "\(ending.text)\(ending.standardError)")
            #expect(try await sam.finish(short)["phase"] == "completed")
            // At once, with nothing in between: the program may not run yet.
            try await sam.act("sessions", "prompt", id, "slow again")
            try await sam.act("sessions", "cancel", id, "--turn")
            try await sam.act("sessions", "prompt", id, "quick")
            try await sam.waitForTurns(3, of: id)
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["cancelled", "cancelled", "end_turn"])
        }
    }
}
