import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("What a session that works says of its agent")
struct ActivityTests {
    @Test("Thinking, busy and silent are told apart by evidence, and one that is silent for too long is stopped where that is wanted")
    func evidence() async throws {
        try await SamFixture.with { sam in
            try sam.write("turns:\n  - {say: Done., stall: 300}\n", to: "home/rehearsal.yaml")
            try await sam.serve()
            try await sam.project()
            try await sam.act("settings", "set", "agents.stuckMinutes", "1")
            try await sam.act("settings", "set", "agents.whenStuck", "cancel-turn", "--scope", "user")
            let curl =
                #"curl -sS "$OPENAI_BASE_URL/chat/completions" -H "authorization: Bearer $OPENAI_API_KEY" -d '{"model":"m","messages":[]}'"#
            let thinking = try await sam.start("rehearsing", curl)
            let busy = try await sam.start("shell", "while :; do :; done", provider: nil)
            let silent = try await sam.start("asking", "true", provider: nil, permissions: "everything")
            try await sam.waitForTurns(1, of: silent)
            try await sam.act("sessions", "prompt", silent, "sleep 1000")
            for (id, kind, words) in [
                (thinking, "thinking", "model request open for"), (busy, "active", "uses the processor"), (silent, "silent", "no CPU"),
            ] {
                try await eventually("\(id) is \(kind)", within: .seconds(90)) {
                    let activity = try await sam.call(.GET, "/api/v1/sessions/\(id)")["activity"]
                    return activity?["kind"]?.string == kind && activity?["sentence"]?.string?.contains(words) == true
                }
            }
            #expect(try await sam.sam("sessions", "list").text.contains("thinking (model request open for"))
            try await eventually("it was told of", within: .seconds(120)) {
                let log = try await sam.call(.GET, "/api/v1/sessions/\(silent)/events?limit=1000")["events"]?.elements ?? []
                let notes = log.filter { $0["kind"] == "note" }.compactMap { $0["payload"]?["text"]?.string }
                return notes.contains { $0.contains("seems to be stuck: silent for") }
                    && notes.contains { $0.contains("was asked to stop") }
            }
            for id in [thinking, busy] {
                let log = try await sam.call(.GET, "/api/v1/sessions/\(id)/events?limit=1000")["events"]?.elements ?? []
                #expect(!log.contains { $0["payload"]?["text"]?.string?.contains("stuck") == true }, "Whoever works is left alone")
            }
            for id in [thinking, busy, silent] { _ = try await sam.sam("sessions", "cancel", id) }
            for id in [thinking, busy, silent] { try await sam.finish(id) }
        }
    }
}
