import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// The real Codex with a ChatGPT sign-in whose access token has run out, against a ChatGPT of the test's own that gives each refresh
/// token out once.
@Suite("Codex with a ChatGPT sign-in")
struct CodexSignInTests {
    @Test("It refreshes its own file in mid-session, and the vault holds the new token under the very credential it came from")
    func materialised() async throws {
        try await Self.with { sam, chatGPT, first in
            let id = try await sam.start("codex-signed-in", "Hello", provider: nil)
            try await sam.waitForTurns(1, of: id)
            let second = await chatGPT.newest
            #expect(await chatGPT.calls == 1, "It was Codex that refreshed")
            #expect(second.refresh != first.refresh)
            var asked = await chatGPT.requests.last
            #expect(asked?.bearer == second.access && asked?.account == "acct_1")
            // While the session goes on.
            try await eventually("the vault holds it") { try await Self.version(sam) == 2 }
            #expect(try await sam.usage(by: "session")[id] != nil, "What goes through with its own token is counted all the same")
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.phase == "completed" && session.said.contains("Hello from ChatGPT."), "\(session.said)")
            for secret in first.secrets + second.secrets {
                #expect(try await sam.rows().values.joined().allSatisfy { !Canary(secret).isIn(Data($0.utf8)) })
            }

            // What is stored is what was rotated to: it opens ChatGPT, and nothing had to be refreshed for it.
            let next = try await sam.start("codex", "Hello", provider: "openai-chatgpt")
            try await sam.waitForTurns(1, of: next)
            asked = await chatGPT.requests.last
            #expect(await chatGPT.calls == 1)
            #expect(asked?.bearer == second.access)
            try await sam.act("sessions", "cancel", next)
            try await sam.finish(next)
            await Self.expectNothingSpentTwice(chatGPT)
        }
    }

    @Test("With its credential turned off meanwhile nothing is written anywhere, and the owner is told")
    func turnedOff() async throws {
        try await Self.with { sam, chatGPT, first in
            // In the moment in which the first token is spent and the second one on its way.
            await chatGPT.at(.rotated) { _ = try? await sam.sam("credentials", "off", "openai-chatgpt", "--reason", "enough") }
            let before = try await sam.rows()["credentials"]
            let id = try await sam.start("codex-signed-in", "Hello", provider: nil)
            try await eventually("it has rotated") { await chatGPT.ended == 1 }
            try await eventually("the owner is told") {
                try await sam.json("notifications", "list")["notifications"]?.elements?.isEmpty == false
            }
            // The gateway lets it go no further either.
            try await sam.waitForTurns(1, of: id)
            try await sam.act("sessions", "cancel", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(!session.said.contains("Hello from ChatGPT."))
            #expect(session.payloads("turnEnded").first?["stopReason"] == "error", "\(session.payloads("turnEnded"))")
            #expect(try await sam.rows()["credentials"] == before)
            #expect(try await Self.version(sam) == 1)
            let told = try await sam.json("notifications", "list")["notifications"]?.elements ?? []
            #expect(told.contains { $0["kind"] == "syncDeclined" }, "\(told)")
            // It is not lost: the owner can have it back.
            try await sam.act("credentials", "on", "openai-chatgpt")
            try await sam.act("credentials", "recover", "openai-chatgpt")
            #expect(try await Self.version(sam) == 2)
            await Self.expectNothingSpentTwice(chatGPT)
        }
    }

    @Test("Brokered, SAM refreshes for it: the vault holds the new token, and neither ever enters the workspace")
    func brokered() async throws {
        try await Self.with { sam, chatGPT, first in
            let id = try await sam.start("codex", "Hello", provider: "openai-chatgpt")
            try await sam.waitForTurns(1, of: id)
            let second = await chatGPT.newest
            #expect(await chatGPT.calls == 1)
            #expect(await chatGPT.requests.last?.bearer == second.access)
            #expect(try await Self.version(sam) == 2)
            for secret in first.secrets + second.secrets {
                let canary = Canary(secret)
                #expect(canary.files(below: "\(sam.home)/sessions/\(id)") == [])
                #expect(canary.processes() == [])
            }
            try await sam.act("credentials", "off", "openai-chatgpt")
            let asked = await chatGPT.requests.count
            try await sam.act("sessions", "prompt", id, "And now?")
            try await sam.waitForTurns(2, of: id)
            #expect(await chatGPT.requests.count == asked, "Off is off for a session that runs")
            try await sam.act("sessions", "finish", id)
            let session = FinishedSession(session: try await sam.finish(id), events: try await sam.events(id))
            #expect(session.said.contains("Hello from ChatGPT."))
            #expect(session.payloads("turnEnded").compactMap { $0["stopReason"]?.string } == ["end_turn", "error"])
            await Self.expectNothingSpentTwice(chatGPT)
        }
    }

    @Test("Its own authorization opens its own provider from its own workspace, and nothing else from anywhere else")
    func otherDoors() async throws {
        try await Self.with { sam, chatGPT, first in
            let other = try await sam.startIdle(agent: "keyed")
            let idle = try await sam.startIdle(agent: "shell")
            let id = try await sam.start("codex-signed-in", "Hello", provider: nil)
            try await sam.waitForTurns(1, of: id)
            let token = await chatGPT.newest.access
            func status(_ session: String?, _ path: String, key: String? = token) async throws -> Int {
                try await sam.relay(path, with: key, in: "authorization", through: session).status
            }
            #expect(try await status(id, "/openai-chatgpt/responses") == 200)
            for path in ["/openai/v1/responses", "/anthropic/v1/messages", "/token/openai", "/token/anthropic"] {
                #expect([401, 404].contains(try await status(id, path)), "\(path)")
            }
            for session in [idle, other] {
                #expect(try await status(session, "/openai-chatgpt/responses") == 403, "Another session's socket")
                #expect(try await status(session, "/token/openai-chatgpt") == 403)
            }
            #expect(try await status(nil, "/openai-chatgpt/responses") == 401, "From outside")
            #expect(try await status(nil, "/token/openai-chatgpt", key: nil) == 401)
            #expect(await chatGPT.calls == 1)
        }
    }

    // MARK: - What they need

    private static func with(_ body: (SamFixture, TokenServer, SignInTokens) async throws -> Void) async throws {
        try await TokenServer.with { chatGPT in
            try await SamFixture.with { sam in
                try sam.install(try RealAgent.codex(), as: "codex")
                try await sam.serve()
                try await sam.projectWithSignInFiles()
                try await sam.act(
                    "providers", "set", "openai-chatgpt", await chatGPT.url + "/backend", "--token-url", await chatGPT.url + "/oauth/token",
                    "--allow-private")
                let first = await chatGPT.signIn(expiresIn: -60)
                try await sam.setCredential("openai-chatgpt", first.codexFile)
                try await sam.setCredential("anthropic", "sk-ant-0123456789-other")
                try await body(sam, chatGPT, first)
            }
        }
    }

    private static func version(_ sam: SamFixture) async throws -> JSONValue? {
        try await sam.credentials().first { $0["provider"] == "openai-chatgpt" }?["version"]
    }

    private static func expectNothingSpentTwice(_ chatGPT: TokenServer) async {
        #expect(await !chatGPT.isRevoked)
    }
}
