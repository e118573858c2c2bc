import AgentProtocol
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import SystemSupport

/// What goes through the gateway, among users.
extension TenantTests {
    @Test("A key is its maker's alone: no other user lists or revokes it, except that administrators revoke any key")
    func gatewayKeys() async throws {
        try await World.with { world in
            let made = try await world.call(.kim, .POST, "/api/v1/keys", ["name": "kims", "project": "project"])
            #expect(made.status == 201, "\(made.text)")
            let key = try #require(made["token"]?.string)
            let id = try #require(made["key"]?["id"]?.string)
            for (person, own) in [(Person.robin, []), (.owner, []), (.kim, [id])] {
                #expect(try await world.list(person, "/api/v1/keys", "keys").compactMap { $0["id"]?.string } == own, "\(person)")
            }
            let before = try await world.sam.rows()
            for name in [id, "kims"] {
                let refused = try await world.call(.robin, .DELETE, "/api/v1/keys/\(name)")
                #expect(refused.status == 404, "\(refused.text)")
                let ghost = try await world.call(.robin, .DELETE, "/api/v1/keys/nowhere")
                #expect(refused.text.replacing(name, with: "nowhere") == ghost.text, "It tells that it is there")
                #expect(try await world.call(.nobody, .DELETE, "/api/v1/keys/\(name)").status == 401)
            }
            #expect(try await world.call(.robin, .POST, "/api/v1/keys", ["name": "x", "project": "project"]).status == 404)
            #expect(try await world.call(.lee, .POST, "/api/v1/keys", ["name": "x", "project": "project"]).status == 403)
            #expect(try await world.call(.nobody, .POST, "/api/v1/keys", ["name": "x"]).status == 401)
            #expect(try await world.call(.nobody, .GET, "/api/v1/keys").status == 401)
            #expect(World.changes(before, try await world.sam.rows()) == [])
            // A gateway key is no API token, not even its maker's.
            #expect(try await world.sam.call(.GET, "/api/v1/me", as: key).status == 401)
            #expect(try await world.sam.call(.DELETE, "/api/v1/keys/\(id)", as: key).status == 401)

            #expect(try await world.call(.kim, .DELETE, "/api/v1/keys/kims").status == 204)
            let second = try await world.call(.kim, .POST, "/api/v1/keys", ["name": "kims"])
            let other = try #require(second["key"]?["id"]?.string)
            #expect(try await world.call(.owner, .DELETE, "/api/v1/keys/\(other)").status == 204, "An administrator can end anybody's")
            #expect(try await world.list(.kim, "/api/v1/keys", "keys").isEmpty)
        }
    }

    /// How a key's maker comes to have no business with what it opens any more.
    static let partings = [(Departure.removed, 403), (.disabled, 401), (.reads, 403)]

    @Test("A key dies with its maker's right to what it opens, within a second", arguments: partings)
    func departure(_ departure: Departure, _ status: Int) async throws {
        try await withProvider { world, upstream in
            let key: JSONValue = ["scope": "project", "project": "project", "secret": "sk-project-0123456789"]
            #expect(try await world.call(.owner, .PUT, "/api/v1/credentials/anthropic", key).status == 200)
            let kims = try await world.sam.gatewayKey("kims", ["project": "project"], as: world.token(.kim))
            let owners = try await world.sam.gatewayKey("owners", ["project": "project"])
            #expect(try await world.sam.relay(with: kims).status == 200)
            switch departure {
            case .removed: #expect(try await world.call(.owner, .DELETE, "/api/v1/projects/project/members/kim").status == 204)
            case .disabled: #expect(try await world.call(.owner, .POST, "/api/v1/users/kim/disable").status == 200)
            case .reads:
                #expect(try await world.call(.owner, .PATCH, "/api/v1/projects/project/members/kim", ["role": "viewer"]).status == 200)
            }
            try await eventually("it opens nothing", within: .seconds(1)) {
                try await [401, 403].contains(world.sam.relay(with: kims).status)
            }
            #expect(upstream.requests.allSatisfy { $0.key == "sk-project-0123456789" })
            #expect(try await world.sam.relay(with: owners).status == 200)
        }
    }

    @Test("No user can use another's provider key through the gateway")
    func othersCredential() async throws {
        try await withProvider { world, upstream in
            for (person, secret) in [(Person.kim, "sk-kim-0123456789"), (.owner, "sk-owner-0123456789")] {
                let body: JSONValue = ["scope": "user", "secret": .string(secret)]
                #expect(try await world.call(person, .PUT, "/api/v1/credentials/anthropic", body).status == 200)
            }
            for (person, status) in [(Person.robin, 403), (.kim, 200), (.owner, 200)] {
                let key = try await world.sam.gatewayKey("tool", as: world.token(person))
                #expect(try await world.sam.relay(with: key).status == status, "\(person)")
            }
            #expect(upstream.requests.map(\.key) == ["sk-kim-0123456789", "sk-owner-0123456789"])
        }
    }

    @Test("Each sets budgets where they have a say, and sees those that their requests have to hold")
    func budgets() async throws {
        try await World.with { world in
            let amount: JSONValue = ["scope": "platform", "limit": "100"]
            let projects: JSONValue = ["scope": "project", "project": "{project}", "limit": "50"]
            func doors(_ act: String, _ method: HTTPMethod) -> [Door] {
                let path = "/api/v1/budgets/month\(act)"
                return [
                    Door(method, path, amount, for: .administrators), Door(method, path, projects, for: .owners),
                    Door(method, path, ["scope": "user", "limit": "5"], for: .everyone),
                ]
            }
            for (act, method) in [("", HTTPMethod.PUT), ("/off", .POST), ("/on", .POST)] { try await world.knock(doors(act, method)) }
            try await world.knock([
                Door(.GET, "/api/v1/budgets/month?project={project}", for: .readers), Door(.GET, "/api/v1/budgets/day", for: .everyone),
            ])
            for (person, seen) in [
                (Person.robin, ["platform", "user robin"]), (.kim, ["platform", "project project", "user kim"]),
                (.owner, ["platform", "project project", "user owner"]),
            ] {
                let names = try await world.list(person, "/api/v1/budgets", "budgets").map { budget in
                    [budget["scope"]?.string, budget["owner"]?.string].compactMap { $0 }.joined(separator: " ")
                }
                #expect(names.sorted() == seen, "\(person)")
            }
            #expect(try await world.call(.nobody, .GET, "/api/v1/budgets").status == 401)
            let clear = "/api/v1/budgets/month/clear"
            for scope in ["platform", "project"] {
                let body: JSONValue = ["scope": .string(scope), "project": scope == "project" ? "project" : .null]
                #expect([403, 404].contains(try await world.call(.robin, .POST, clear, body).status), "\(scope)")
                #expect(try await world.call(.owner, .POST, clear, body).status == 200, "\(scope)")
            }
        }
    }

    @Test("What was used is told to who used it, to its project's members and to administrators")
    func usage() async throws {
        try await withProvider { world, _ in
            let body: JSONValue = ["scope": "platform", "secret": "sk-platform-0123456789"]
            #expect(try await world.call(.owner, .PUT, "/api/v1/credentials/anthropic", body).status == 200)
            let session = try await world.sam.startIdle(agent: "keyed", as: world.token(.kim))
            let curl = try #require(SamFixture.curl["anthropic"])
            #expect(try await world.sam.ask(session, curl, as: world.token(.kim)).hasSuffix("\n200"))
            let keys = try await [world.sam.gatewayKey("a", as: world.token(.kim)), world.sam.gatewayKey("b", as: world.token(.robin))]
            for key in keys { #expect(try await world.sam.relay(with: key).status == 200) }
            try await eventually("all are settled") { try await world.sam.usage(by: "provider")["anthropic"]?["requests"] == 3 }
            for (person, users) in [(Person.robin, ["robin": 1]), (.kim, ["kim": 2]), (.owner, ["kim": 2, "robin": 1])] {
                let lines = try await world.sam.usage(by: "user", as: world.token(person))
                #expect(lines.compactMapValues { $0["requests"] } == users.mapValues { .integer($0) }, "\(person)")
                let sessions = try await world.sam.usage(by: "session", as: world.token(person))
                #expect(sessions.keys.contains(session) == (person != .robin), "\(person)")
            }
            // Asked for by name, it is to others as if it were not there.
            for query in ["project={project}", "session={session}"] {
                func path(_ names: Names) -> String { "/api/v1/usage?by=user&" + names.fill(query) }
                let names = Names(session: session)
                let refused = try await world.call(.robin, .GET, path(names))
                let ghost = try await world.call(.robin, .GET, path(.nowhere))
                #expect(
                    refused.status == ghost.status && names.hide(refused.text) == ghost.text, "It tells that it is there: \(refused.text)")
                #expect(refused["usage"]?.elements ?? [] == [], "\(refused.text)")
                #expect(try await world.call(.nobody, .GET, path(names)).status == 401)
                for person in [Person.kim, .owner] {
                    let told = try await world.list(person, path(names), "usage")
                    #expect(told.map { $0["requests"] } == [1], "\(person): \(query)")
                }
            }
        }
    }

    @Test("Where providers are reached, and the totals, are the administrators' affair")
    func providersAndMetrics() async throws {
        try await World.with { world in
            let address: JSONValue = ["url": "https://proxy.example.org/x"]
            try await world.knock([
                Door(.PUT, "/api/v1/providers/anthropic", address, for: .administrators),
                Door(.PUT, "/api/v1/providers/custom-house", address, for: .administrators),
                Door(.DELETE, "/api/v1/providers/anthropic", for: .administrators),
                Door(.GET, "/metrics", for: .administrators), Door(.GET, "/api/v1/providers", for: .everyone),
            ])
            let metrics = try await world.call(.owner, .GET, "/metrics")
            #expect(metrics.status == 200 && metrics.contentType.hasPrefix("text/plain"), "\(metrics.contentType)")
            for line in metrics.text.split(separator: "\n") {
                #expect(line.hasPrefix("# ") || line.wholeMatch(of: /[a-z_]+(\{.*\})? [0-9.e+-]+/) != nil, "\(line)")
            }
        }
    }

    // MARK: - Parts

    /// The world, with an upstream in place of anthropic.
    private func withProvider(_ body: (World, RecordingUpstream) async throws -> Void) async throws {
        try await RecordingUpstream.with({ _ in .json(SamFixture.answer) }) { upstream in
            try await World.with { world in
                try await world.sam.point("anthropic", at: upstream)
                try await body(world, upstream)
            }
        }
    }
}
