import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Tokens of a sign-in stay where they belong")
struct BrokerCanaryTests {
    @Test("Of sign-ins that were refreshed, refused and replaced, nothing that SAM writes, says or runs holds a token")
    func canary() async throws {
        try await BrokerFixture.with { world in
            let watch = ProcessWatch(world.first.secrets.map { Canary($0) })
            await watch.begin()
            for server in [world.sam, world.twin] {
                let reply = try await world.ask(server)
                #expect(reply.status == 200, "\(reply.text)")
            }
            await world.provider.reject()
            #expect(try await world.ask(world.twin).status == 401)
            try await eventually("it is refreshed") { try await world.version() == .integer(3) }

            // One that fails: its answer is full of what came with the request.
            await world.provider.refusing((400, #"{"error":"invalid_grant","error_description":"{token}","refresh_token":"{token}"}"#))
            try await world.signInAgain(expiresIn: -60)
            var said = Data()
            try await eventually("it is refused") {
                let reply = try await world.ask(world.sam)
                said += reply.body
                return reply.status == 403
            }
            await world.provider.refusing(nil)
            try await world.signInAgain(expiresIn: -60)
            try await eventually("it is good again") { try await world.ask(world.twin).status == 200 }
            let (sightings, rounds) = await watch.end()
            #expect(sightings == [] && rounds > 5)

            for arguments in [
                ["credentials", "list", "--json"], ["credentials", "explain", "--json"], ["audit", "--json"],
                ["notifications", "--all", "--json"], ["usage", "--by", "credential", "--json"], ["providers", "--json"],
            ] {
                let output = try await world.sam.sam(arguments)
                #expect(output.termination == .exited(0), "\(arguments): \(output.standardError)")
                said += output.standardOutput
            }
            said += try await world.sam.call(.GET, "/metrics").body
            let secrets = await world.provider.secrets
            #expect(secrets.count == 12, "Three sign-ins and three refreshes, of two tokens each")
            for canary in secrets.map({ Canary($0) }) {
                #expect(!canary.isIn(said))
                #expect(canary.files(below: world.sam.scratch) == [])
                #expect(canary.processes() == [])
            }
        }
    }
}
