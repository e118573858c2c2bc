import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

/// What `sam run` makes of an agent that works with a key.
extension CredentialCommandTests {
    @Test("Without a key a session fails with the sentence before a workspace is made; run ends with 1")
    func runWithoutKey() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let output = try await run(sam)
            #expect(output.termination == .exited(1))
            #expect(output.text.contains("Failed: No scope has a credential for anthropic."), "\(output.text)")
            #expect(output.text.contains("Give it one with: sam credentials set anthropic"))
            try await neverBegan("credentialAbsent", sam)

            // Another provider's key is no help: which one an agent uses is never a fallback.
            try await sam.setCredential("openai", "sk-openai-0123456789")
            #expect(try await run(sam).termination == .exited(1))
            try await sam.setExpired("anthropic", "sk-ant-0123456789-WXYZ")
            let expired = try await run(sam)
            #expect(expired.termination == .exited(1) && expired.text.contains("has expired"))
            try await neverBegan("credentialFailed", sam)
        }
    }

    @Test("With a provider that is turned off a session fails with who did it and why; run ends with 3, until it is cleared")
    func runWithTombstone() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.setCredential("anthropic", "sk-ant-0123456789-WXYZ")
            _ = try await sam.sam("credentials", "off", "anthropic", "--project", "project", "--reason", "no spending here")
            for form in [[], ["--json"]] {
                let output = try await run(sam, form)
                #expect(output.termination == .exited(3))
                #expect(output.text.contains("anthropic is turned off at the project scope by owner on "), "\(output.text)")
                #expect(output.text.contains("(“no spending here”), so nothing is used for it."))
                try await neverBegan("credentialBlocked", sam)
            }
            _ = try await sam.sam("credentials", "clear", "anthropic", "--project", "project")
            #expect(try await run(sam).termination == .exited(0))
        }
    }

    @Test("Also with --detach, a session that can't be started is reported, and run ends as it does without", arguments: [1, 3])
    func detached(_ code: Int32) async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            if code == 3 { _ = try await sam.sam("credentials", "off", "anthropic") }
            let output = try await run(sam, ["--detach"])
            #expect(output.termination == .exited(code), "\(output.text)")
            let sentence = code == 3 ? "anthropic is turned off at the user scope" : "No scope has a credential for anthropic"
            #expect((output.text + output.standardError).contains(sentence))
        }
    }

    @Test("With a key a session completes; its log tells which key it was, and holds nothing of the key itself")
    func runWithKey() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.setCredential("anthropic", "sk-ant-0123456789-WXYZ")
            let output = try await run(sam, ["--json"])
            #expect(output.termination == .exited(0), "\(output.standardError)")
            let lines = try output.text.split(separator: "\n").map { try JSONLine.decode(JSONValue.self, from: String($0)) }
            let session = try #require(lines.last)
            #expect(session["phase"] == "completed" && session["provider"] == "anthropic")
            let events = lines.filter { $0["kind"] == "credential" }
            let pin = try #require(events.first?["payload"])
            #expect(events.count == 1, "It is resolved once")
            #expect(["provider", "scope", "mode", "kind"].map { pin[$0]?.string } == ["anthropic", "user", "brokered", "apiKey"])
            #expect(pin["version"] == .integer(1) && pin["credential"]?.string?.hasPrefix("c_") == true)
            guard case .array(let trace)? = pin["trace"] else { throw CancellationError() }
            #expect(trace.map { $0["verdict"]?.string } == ["continuedBecauseAbsent", "decidedByValue", "notConsulted"])
            for piece in ["sk-ant", "0123456789", "WXYZ"] { #expect(!output.text.contains(piece)) }
            let id = try #require(session["id"]?.string)
            let watched = try await sam.sam("sessions", "watch", id)
            #expect(watched.text.contains("anthropic: the user's credential") && !watched.text.contains("WXYZ"))
        }
    }

    @Test("--provider chooses among those that the agent works with, and no other")
    func provider() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            for (provider, words) in [("google", "It works with: anthropic, openai."), ("OpenAI", "Did you mean “openai”?"), ("x", "“x”")] {
                let refused = try await run(sam, ["--provider", provider])
                #expect(refused.termination == .exited(1) && refused.standardError.contains(words), "\(refused.standardError)")
            }
            #expect(try await sam.json("sessions", "list")["sessions"] == .array([]), "None was made")
            try await sam.setCredential("anthropic", "sk-ant-0123456789-WXYZ")
            try await sam.setCredential("openai", "sk-openai-0123456789", "--project", "project")
            for (options, provider, scope) in [([], "anthropic", "user"), (["--provider", "openai"], "openai", "project")] {
                let output = try await run(sam, options)
                #expect(output.termination == .exited(0), "\(output.text)")
                #expect(output.text.contains("\(provider): the \(scope)'s credential"), "\(output.text)")
            }
            _ = try await sam.sam("credentials", "off", "openai")
            #expect(try await run(sam, ["--provider", "openai"]).termination == .exited(0), "A broader layer is not asked")
            _ = try await sam.sam("credentials", "off", "openai", "--project", "project")
            #expect(try await run(sam, ["--provider", "openai"]).termination == .exited(3))
            #expect(try await run(sam).termination == .exited(0), "The other provider is as it was")
        }
    }

    // MARK: - Parts

    private func run(_ sam: SamFixture, _ options: [String] = []) async throws -> Output {
        try await sam.sam(["run", "--project", "project", "--agent", "keyed"] + options + ["echo hi"])
    }

    /// Checks that the newest session failed in the queue: nothing of it is on the disk.
    private func neverBegan(_ code: String, _ sam: SamFixture) async throws {
        guard case .array(let sessions)? = try await sam.json("sessions", "list")["sessions"] else { throw CancellationError() }
        let session = try #require(sessions.first)
        let id = try #require(session["id"]?.string)
        #expect(session["phase"] == "failed" && session["failure"]?["code"]?.string == code, "\(session)")
        #expect(!FileManager.default.fileExists(atPath: "\(sam.home)/sessions/\(id)/workspace"))
        let finished = FinishedSession(session: session, events: try await sam.events(id))
        #expect(finished.phases == ["queued", "failed"])
    }
}
