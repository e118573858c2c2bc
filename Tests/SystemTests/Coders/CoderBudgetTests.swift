import AgentProtocol
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import SystemSupport

/// The real Codex and Claude Code, when the budget is spent.
@Suite("Coding agents without a budget")
struct CoderBudgetTests {
    /// An agent that people have, and the provider that it asks.
    enum Coder: String, CaseIterable {
        case codex
        case claudeCode = "claude-code"

        var provider: String { self == .codex ? "openai" : "anthropic" }

        func install(in sam: SamFixture) throws {
            switch self {
            case .codex: try sam.install(try RealAgent.codex(), as: "codex")
            case .claudeCode: try sam.install(try RealAgent.claudeCode(), as: "claude")
            }
        }
    }

    @Test("The turn ends soon, and says whose budget is spent and when it resets", arguments: Coder.allCases)
    func spent(_ coder: Coder) async throws {
        try await RecordingUpstream.with({ _ in .json(SamFixture.answer) }) { upstream in
            try await SamFixture.with { sam in
                try coder.install(in: sam)
                try await sam.serve()
                try await sam.project()
                try await sam.point(coder.provider, at: upstream)
                try await sam.setCredential(coder.provider, "sk-real-0123456789")
                try await sam.act("budget", "set", "0.0001", "--project", "project")
                let begun = ContinuousClock.now
                let id = try await sam.start(coder.rawValue, "Write hello.txt", provider: coder.provider)
                try await sam.waitForTurns(1, of: id)
                // Codex takes every unusual status for a lost connection, and tries five times within seconds.
                #expect(ContinuousClock.now - begun < .seconds(60))
                let log = try await sam.call(.GET, "/api/v1/sessions/\(id)/events?limit=1000")["events"]?.elements ?? []
                let end = try #require(log.first { $0["kind"] == "turnEnded" }?["payload"], "\(log)")
                let words = end["error"]?.string ?? ""
                #expect(end["stopReason"] == "error" && words.contains("402"), "\(end)")
                #expect(words.contains("The project's budget of $0.000100 a month") && words.contains("It resets at"), "\(words)")
                if coder == .codex { #expect(words.hasPrefix("There is no money for this request (HTTP 402): "), "\(words)") }
                #expect(upstream.requests.isEmpty)
            }
        }
    }
}
