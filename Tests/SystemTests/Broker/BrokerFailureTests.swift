import AgentProtocol
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("A sign-in that can't be refreshed")
struct BrokerFailureTests {
    @Test(
        "Refused for good: who asks is told to sign in again, the owner is told once, and a new sign-in revives it",
        arguments: [
            (400, #"{"error":"invalid_grant","error_description":"{token} is unknown"}"#),
            (401, #"{"error":{"message":"{token} was used before.","code":"refresh_token_reused"}}"#),
            (400, #"{"error":"{token}"}"#),
        ])
    func refused(status: Int, body: String) async throws {
        try await BrokerFixture.with { world in
            await world.provider.refusing((status, body))
            for server in [world.sam, world.twin, world.sam] {
                let reply = try await world.ask(server)
                #expect(reply.status == 403)
                #expect(reply.json["error"]?["message"]?.string?.contains("Sign in again") == true, "\(reply.text)")
                #expect(!reply.text.contains(world.first.refresh), "What the provider says is not repeated")
            }
            await world.expectNoReuse(calls: 1)
            #expect(await world.provider.requests.isEmpty, "Nothing was asked with a token that has run out")
            let told = try await world.notifications()
            #expect(told.map { $0["kind"] } == ["credentialFailed"])
            #expect(told.first?["text"]?.string?.contains("Sign in again") == true)
            let shown = try await world.sam.sam("notifications").text
            #expect(shown.contains("Sign in again"))
            for secret in world.first.secrets { #expect(Canary(secret).files(below: world.sam.scratch) == []) }

            await world.provider.refusing(nil)
            try await world.signInAgain(expiresIn: -60)
            for server in [world.sam, world.twin] {
                // For a quarter of a second a server may still say what it knew.
                try await eventually("it is good again") { try await world.ask(server).status == 200 }
            }
            await world.expectNoReuse(calls: 2)
            #expect(try await world.notifications().count == 1)
        }
    }

    @Test(
        "A token endpoint without an answer changes nothing: no one has to sign in again",
        arguments: ["http://127.0.0.1:1", "http://localhost:1", "http://nowhere.invalid"])
    func unreachable(base: String) async throws {
        try await BrokerFixture.with { world in
            try await world.refreshing(at: base)
            for server in [world.sam, world.twin] { try await expectNotNow(try await world.ask(server), world) }
            await world.expectNoReuse(calls: 0)
            try await world.refreshing(at: world.provider.url)
            try await expectGoodAgain(world)
            await world.expectNoReuse(calls: 1)
        }
    }

    @Test(
        "An answer that is neither a token nor the endpoint's refusal: it is asked again, and no one has to sign in again",
        arguments: [
            (429, "{}"), (503, "{}"), (500, "{token}"), (502, "<html>{token}</html>"), (504, ""), (302, ""), (404, "{}"), (200, "<html>"),
            (403, "<html>Sign in to the network</html>"), (401, "<html>{token}"), (400, "{token}"), (407, ""),
        ])
    func later(status: Int, body: String) async throws {
        try await BrokerFixture.with { world in
            await world.provider.refusing((status, body))
            for server in [world.sam, world.twin] { try await expectNotNow(try await world.ask(server), world) }
            await world.provider.refusing(nil)
            try await expectGoodAgain(world)
            #expect(await !world.provider.isRevoked)
        }
    }

    private func expectNotNow(_ reply: Reply, _ world: BrokerFixture) async throws {
        #expect((400..<600).contains(reply.status) && reply.status != 401)
        let sentence = try #require(reply.json["error"]?["message"]?.string)
        #expect(!sentence.contains("Sign in again"), "\(sentence)")
        #expect(await world.provider.requests.isEmpty)
        #expect(try await world.notifications() == [])
    }

    private func expectGoodAgain(_ world: BrokerFixture) async throws {
        for server in [world.sam, world.twin] {
            try await eventually("it is good again") { try await world.ask(server).status == 200 }
        }
        #expect(try await world.version() == .integer(2))
    }
}
