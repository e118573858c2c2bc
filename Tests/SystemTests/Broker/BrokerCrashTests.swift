import AgentProtocol
import Foundation
import TestSupport
import Testing

@testable import SystemSupport

/// Each takes the half minute after which an attempt counts as interrupted.
@Suite("A server that is killed while it refreshes a sign-in")
struct BrokerCrashTests {
    /// Who is asked afterwards.
    enum Successor: String, CaseIterable, Sendable {
        case restarted, twin
    }

    @Test(
        "Whenever it is, the sign-in ends renewed or with “sign in again”, and its token is spent once",
        arguments: TokenServer.Stage.allCases, Successor.allCases)
    func killed(stage: TokenServer.Stage, successor: Successor) async throws {
        try await BrokerFixture.with { world in
            let gate = Gate()
            await world.provider.at(stage) { [process = world.process] in
                kill(process, SIGKILL)
                await gate.pass()
            }
            let cut = try? await world.ask(world.sam)
            #expect(cut == nil || stage == .answered, "Who asked was cut off")
            try await eventually("the server is gone") { kill(world.process, 0) != 0 }
            // The provider goes on, and nobody is there to hear what it has to say.
            gate.open()
            try await eventually("the provider has spent the token") { await world.provider.ended == 1 }

            var server = world.twin
            if successor == .restarted {
                try? FileManager.default.removeItem(atPath: world.sam.home + "/server.json")
                try await world.sam.serve()
                server = world.sam
            }
            let reply = try await world.ask(server)
            await world.expectNoReuse(calls: 1)
            if reply.status == 200 {
                #expect(stage == .answered, "What it never heard it can't have stored")
                let newest = await world.provider.newest.access
                #expect(Set(await world.provider.requests.map(\.bearer)) == [newest])
                #expect(try await world.version(at: server) == .integer(2))
            } else {
                try await expectSignInAgain(reply, server, world)
            }
            await world.expectNoReuse(calls: 1)
        }
    }

    /// The token may be spent, so it is not tried: who asks and who owns it are told, and a new sign-in is all it takes.
    private func expectSignInAgain(_ reply: Reply, _ server: SamFixture, _ world: BrokerFixture) async throws {
        #expect(reply.status == 403)
        #expect(reply.json["error"]?["message"]?.string?.contains("Sign in again") == true, "\(reply.text)")
        let again = try await world.ask(server)
        #expect(again.status == 403 && again.json["error"]?["message"]?.string?.contains("Sign in again") == true, "\(again.text)")
        #expect(await world.provider.requests.isEmpty)
        let told = try await world.notifications(at: server)
        #expect(told.map { $0["kind"] } == ["credentialFailed"])
        #expect(told.first?["text"]?.string?.contains("Sign in again") == true)

        try await world.signInAgain(at: server)
        let fresh = await world.provider.newest.access
        try await eventually("the new sign-in is used") { try await world.ask(server).status == 200 }
        #expect(await world.provider.requests.last?.bearer == fresh)
    }
}
