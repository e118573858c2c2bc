import AgentProtocol
import Foundation
import Fuzzing
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// Prompts that are written before an agent could take any, while the server dies.
@Suite("The delivery of prompts")
struct PromptDeliveryTests {
    /// In half of the rounds the server is killed at a random moment; a round is ten sessions.
    private static let rounds = 20
    private static let sessionsInRound = 10

    @Test("In 200 runs, in half of which the server is killed, what was written first is delivered first, and nothing twice")
    func twoHundredRuns() async throws {
        var generator = SeededGenerator(seed: UInt64(ProcessInfo.processInfo.environment["SAM_DELIVERY_SEED"] ?? "") ?? 5)
        try await SamFixture.with { sam in
            var server = try await sam.serve()
            try await sam.project()
            try await sam.act("settings", "set", "sessions.limit", "\(Self.sessionsInRound)")
            for round in 0..<Self.rounds {
                let moment: Duration? = round.isMultiple(of: 2) ? nil : .milliseconds(Int.random(in: 0..<2_000, using: &generator))
                let rounds = Task {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<Self.sessionsInRound { group.addTask { try await Self.run(sam) } }
                        try await group.waitForAll()
                    }
                }
                if let moment {
                    try await Task.sleep(for: moment)
                    try await sam.killHard(server)
                    try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
                    server = try await sam.serve()
                }
                do {
                    try await rounds.value
                } catch {
                    Issue.record("In round \(round), killed after \(String(describing: moment)): \(error)")
                    throw error
                }
            }
        }
    }

    /// One session: two prompts, the first as soon as it has an id, and what became of them.
    private static func run(_ sam: SamFixture) async throws {
        let id = try await persistently {
            try await sam.call(.POST, "/api/v1/sessions", ["project": "project", "agent": "shell"])["id"]?.string
        }
        let path = "/api/v1/sessions/\(id)"
        for text in ["echo first >> log", "echo second >> log"] {
            // A server that died may have kept it and not said so; only what is not there is written again.
            _ = try await persistently {
                let kept = try await sam.call(.GET, path + "/prompts")["prompts"]?.elements ?? []
                if kept.contains(where: { $0["text"] == .string(text) }) { return true }
                return try await sam.call(.POST, path + "/prompts", ["text": .string(text)]).status == 202 ? true : nil
            }
        }
        _ = try await persistently { try await sam.call(.POST, path + "/finish").status == 202 ? true : nil }
        try await eventually("\(id) is over", within: .seconds(120)) {
            (try? await sam.call(.GET, path))?["settled"] == true
        }
        let session = try await persistently { try await sam.call(.GET, path).json }
        let log = try await persistently { try await sam.call(.GET, path + "/events?limit=1000")["events"]?.elements }
        let finished = FinishedSession(session: session, events: log)
        #expect(finished.phase == "completed", "\(id): \(session)")
        #expect(try await sam.file("log", of: session) == "first\nsecond\n", "\(id)")
        let prompts = try await persistently { try await sam.call(.GET, path + "/prompts")["prompts"]?.elements }
        #expect(prompts.map { $0["state"] } == ["done", "done"], "\(id)")
        #expect(finished.payloads("turnStarted").map { $0["prompt"] } == prompts.map { $0["id"] }, "\(id)")
        let firsts = finished.payloads("prompt").filter { $0["id"] == prompts.first?["id"] }.compactMap { $0["state"]?.string }
        #expect(firsts == ["kept", "delivered", "answering", "done"], "\(id)")
        try finished.expectReadyByEvidence()
    }

    /// Asks until there is a server that answers.
    private static func persistently<Answer>(_ ask: () async throws -> Answer?) async throws -> Answer {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            if let answer = try? await ask() { return answer }
            guard ContinuousClock.now < deadline else { throw FinishedSession.Missing() }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("Where a runner's death leaves it open whether a prompt arrived, it shows as uncertain and is not sent again by itself")
    func runnerDies() async throws {
        var generator = SeededGenerator(seed: 6)
        try await SamFixture.with { sam in
            try await sam.project()
            for _ in 0..<6 {
                let id = try await sam.start("shell", "echo once >> log; sleep 0.1", provider: nil)
                _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/prompts", ["text": "echo next >> log"])
                let lock = "\(sam.home)/sessions/\(id)/attempt-1/lock"
                try await eventually("the runner lives") { FileLock.holder(path: lock) != nil }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<600, using: &generator)))
                // It may have ended by now with all that it had to do; then there is nothing to kill.
                if let runner = FileLock.holder(path: lock) { kill(runner, SIGKILL) }
                // The death may be known by now, and the session over.
                _ = try await sam.sam("sessions", "cancel", id)
                let session = try await sam.finish(id)
                let finished = FinishedSession(session: session, events: try await sam.events(id))
                let states = try await sam.json("sessions", "prompts", id)["prompts"]?.elements?.compactMap { $0["state"]?.string } ?? []
                #expect(states.allSatisfy { ["done", "uncertain", "kept"].contains($0) }, "\(states)")
                #expect(finished.payloads("turnStarted").count <= 2)
                let delivered = finished.payloads("prompt").filter { $0["state"] == "delivered" }.compactMap { $0["id"]?.string }
                #expect(delivered.count == Set(delivered).count, "Each is handed over once: \(finished.payloads("prompt"))")
                guard session["result"]?["branch"] != nil else { continue }
                let lines = try await sam.file("log", of: session).split(separator: "\n")
                #expect(lines.count == Set(lines).count, "\(lines)")
            }
        }
    }
}
