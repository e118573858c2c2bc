import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What a living session's requests make of a change at one of the layers.
extension SessionGatewayTests {
    /// The layers at which a tombstone bites a session that was started with the user's key, and the act that revives it.
    static let biting = [("user", "on"), ("user", "clear and on"), ("project", "on"), ("project", "clear")]

    @Test("A tombstone at the pinned layer or a narrower one bites within a second, and the session is revived", arguments: biting)
    func tombstone(_ scope: String, _ act: String) async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-platform-0123456789", "--scope", "platform")
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            // A narrower key that came later is not the session's; it is there so that its layer can be turned on again.
            if scope == "project", act == "on" {
                try await sam.setCredential("anthropic", "sk-project-0123456789", "--project", "project")
            }
            let lease = try await sam.lease(of: id)
            #expect(try await sam.relay(with: lease, through: id).status == 200)

            try await change("off", scope, sam)
            try await eventually("the next request is refused", within: .seconds(1)) {
                try await sam.relay(with: lease, through: id).status == 403
            }
            let refused = try await sam.relay(with: lease, through: id)
            #expect(refused.status == 403, "And so it stays")
            #expect(refused.text.contains("turned off") && refused.text.contains("anthropic"), "\(refused.text)")
            let asked = upstream.requests.count
            #expect(try await sam.ask(id, try #require(SamFixture.curl["anthropic"])).hasSuffix("\n403"), "The agent is told as well")
            #expect(upstream.requests.count == asked)

            for step in act.components(separatedBy: " and ") { try await change(step, scope, sam) }
            try await eventually("the session is revived", within: .seconds(5)) {
                try await sam.relay(with: lease, through: id).status == 200
            }
            #expect(Set(upstream.requests.map(\.key)) == ["sk-user-0123456789"], "No other layer's key was ever used")
        }
    }

    @Test("A tombstone at a broader layer, or for another provider, leaves a session alone")
    func elsewhere() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            let lease = try await sam.lease(of: id)
            try await change("off", "platform", sam)
            let output = try await sam.sam("credentials", "off", "openai")
            #expect(output.termination == .exited(0), "\(output.standardError)")
            // Beside it one that bites, so that it is known when the changes before it have been noticed.
            let key = try await sam.gatewayKey()
            try await eventually("the broader tombstone holds where nothing narrower speaks") {
                try await sam.relay("/openai/v1/chat/completions", with: key).status == 403
            }
            #expect(try await sam.relay(with: lease, through: id).status == 200)
            #expect(upstream.requests.map(\.key) == ["sk-user-0123456789"])
        }
    }

    @Test("Another layer's key, or another key of the same layer, is for sessions that start later", arguments: ["project", "platform"])
    func otherKey(_ scope: String) async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            let lease = try await sam.lease(of: id)
            #expect(try await sam.relay(with: lease, through: id).status == 200)
            try await sam.setCredential("anthropic", "sk-\(scope)-0123456789", "--scope", scope, project(scope))
            // A session that starts now has seen the change for certain.
            let later = try await GatewayServer.start("anthropic", sam)
            #expect(try await sam.relay(with: try await sam.lease(of: later), through: later).status == 200)
            #expect(try await sam.relay(with: lease, through: id).status == 200)
            let expected = [
                "sk-user-0123456789", scope == "project" ? "sk-project-0123456789" : "sk-user-0123456789", "sk-user-0123456789",
            ]
            #expect(upstream.requests.map(\.key) == expected)
        }
    }

    @Test("A new secret of the session's credential is used from the next request on")
    func newSecret() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-one-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            let lease = try await sam.lease(of: id)
            for secret in ["sk-two-0123456789", "sk-three-0123456789"] {
                #expect(try await sam.relay(with: lease, through: id).status == 200)
                let set = try await sam.call(.PUT, "/api/v1/credentials/anthropic", ["scope": "user", "secret": .string(secret)])
                #expect(set.status == 200, "\(set.text)")
                #expect(try await sam.relay(with: lease, through: id).status == 200)
                #expect(upstream.requests.last?.key == secret, "The change was acknowledged before this request was made")
            }
        }
    }

    @Test("A credential that was removed refuses the session from then on; one that is set again is another, for later sessions")
    func removed() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-platform-0123456789", "--scope", "platform")
            try await sam.setCredential("anthropic", "sk-one-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            let lease = try await sam.lease(of: id)
            #expect(try await sam.relay(with: lease, through: id).status == 200)
            try await change("rm", "user", sam)
            try await eventually("it is refused", within: .seconds(1)) {
                try await sam.relay(with: lease, through: id).status == 403
            }
            #expect(try await sam.relay(with: lease, through: id).text.contains("removed"), "In a sentence that says so")
            try await sam.setCredential("anthropic", "sk-two-0123456789")
            let later = try await GatewayServer.start("anthropic", sam)
            #expect(try await sam.relay(with: try await sam.lease(of: later), through: later).status == 200)
            #expect(try await sam.relay(with: lease, through: id).status == 403)
            let keys = upstream.requests.map(\.key)
            #expect(keys.last == "sk-two-0123456789" && Set(keys.dropLast()) == ["sk-one-0123456789"])
        }
    }

    // MARK: - Parts

    private func project(_ scope: String) -> String { scope == "project" ? "--project=project" : "--label=\(scope)" }

    private func change(_ act: String, _ scope: String, _ sam: SamFixture) async throws {
        let output = try await sam.sam(
            ["credentials", act, "anthropic", "--yes"] + (scope == "project" ? ["--project", "project"] : ["--scope", scope]))
        #expect(output.termination == .exited(0), "\(act) \(scope): \(output.standardError)")
    }
}
