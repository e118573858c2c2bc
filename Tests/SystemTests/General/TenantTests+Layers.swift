import AgentProtocol
import Foundation
import NIOHTTP1
import Testing

@testable import SystemSupport

/// Layers of keys and settings: a project's, a person's own, and the platform's.
extension TenantTests {
    private static let key: JSONValue = "sk-ant-0123456789abcdef"
    private static let project: [String: JSONValue] = ["scope": "project", "project": "{project}"]
    private static let platform: [String: JSONValue] = ["scope": "platform"]
    private static let user: [String: JSONValue] = ["scope": "user"]

    private static func credential(_ act: String) -> String { "/api/v1/credentials/anthropic" + act }
    private static func setting(_ act: String) -> String { "/api/v1/settings/agents.handshakeSeconds" + act }

    private static func body(_ layer: [String: JSONValue], _ more: [String: JSONValue] = [:]) -> JSONValue {
        .object(layer.merging(more, uniquingKeysWith: { $1 }))
    }

    // MARK: - Keys

    @Test("A project's keys are its owners' to set, turn off, turn on, clear and remove, and no one else's")
    func projectKeys() async throws {
        try await World.with { world in
            try await world.knock([
                Door(.PUT, Self.credential(""), Self.body(Self.project, ["secret": Self.key]), for: .owners),
                Door(.POST, Self.credential("/off"), Self.body(Self.project, ["reason": "not now"]), for: .owners),
                Door(.POST, Self.credential("/on"), Self.body(Self.project), for: .owners),
                Door(.POST, Self.credential("/off"), Self.body(Self.project, ["dryRun": .bool(true)]), for: .owners),
                Door(.GET, Self.credential("/held?scope=project&project={project}"), for: .owners),
                Door(.POST, Self.credential("/clear"), Self.body(Self.project), for: .owners),
                Door(.POST, Self.credential("/on"), Self.body(Self.project), for: .owners),
                Door(.POST, Self.credential("/remove"), Self.body(Self.project), for: .owners),
            ])
            #expect(try await world.sam.credentials().isEmpty, "It was removed")
        }
    }

    @Test("The platform's keys are the administrators'")
    func platformKeys() async throws {
        try await World.with { world in
            try await world.knock([
                Door(.PUT, Self.credential(""), Self.body(Self.platform, ["secret": Self.key]), for: .administrators),
                Door(.POST, Self.credential("/off"), Self.body(Self.platform), for: .administrators),
                Door(.POST, Self.credential("/on"), Self.body(Self.platform), for: .administrators),
                Door(.GET, Self.credential("/held?scope=platform"), for: .administrators),
                Door(.POST, Self.credential("/clear"), Self.body(Self.platform), for: .administrators),
                Door(.POST, Self.credential("/remove"), Self.body(Self.platform), for: .administrators),
            ])
            for person in [Person.robin, .lee, .kim] {
                for discard in [false, true] {
                    let reply = try await world.call(
                        person, .POST, Self.credential("/recover"), Self.body(Self.platform, ["discard": .bool(discard)]))
                    #expect(reply.status == 403, "\(person): \(reply.text)")
                }
            }
            // The owner gets past the door: to being told that nothing is held.
            #expect(try await world.call(.owner, .POST, Self.credential("/recover"), Self.body(Self.platform)).status == 404)
        }
    }

    @Test("At the user scope each acts on their own keys only")
    func ownKeys() async throws {
        try await World.with { world in
            let acts: [(HTTPMethod, String, JSONValue?)] = [
                (.PUT, "", Self.body(Self.user, ["secret": Self.key])), (.POST, "/off", Self.body(Self.user)),
                (.POST, "/on", Self.body(Self.user)), (.GET, "/held?scope=user", nil), (.POST, "/clear", Self.body(Self.user)),
                (.POST, "/on", Self.body(Self.user)), (.POST, "/remove", Self.body(Self.user)),
            ]
            for (method, act, body) in acts {
                #expect(try await world.call(.nobody, method, Self.credential(act), body).status == 401)
                for (person, others) in [(Person.robin, [Person.kim, .owner]), (.kim, [.robin, .owner]), (.owner, [.robin, .kim])] {
                    let before = try await credentials(of: others, world)
                    let reply = try await world.call(person, method, Self.credential(act), body)
                    #expect(reply.status == 200, "\(person): \(method.rawValue) \(act): \(reply.text)")
                    #expect(try await credentials(of: others, world) == before, "\(person): \(method.rawValue) \(act)")
                }
            }
        }
    }

    @Test("The list of keys holds one's own layer and those of one's projects, and the verdict is one's own")
    func keysThatOneMayChange() async throws {
        try await World.with { world in
            for (person, layer) in [(Person.owner, Self.project), (.kim, Self.user), (.owner, Self.platform), (.robin, Self.user)] {
                let body = Self.body(layer.mapValues { $0 == "{project}" ? "project" : $0 }, ["secret": Self.key])
                let reply = try await world.call(person, .PUT, Self.credential(""), body)
                #expect(reply.status == 200, "\(person): \(reply.text)")
            }
            let expected: [Person: [String]] = [
                .kim: ["project project", "user kim"], .lee: ["project project"], .robin: ["user robin"],
                .owner: ["platform", "project project"],
            ]
            for (person, layers) in expected {
                let all = try await world.list(person, "/api/v1/credentials", "credentials")
                let shown = all.map { [$0["scope"]?.string, $0["owner"]?.string].compactMap(\.self).joined(separator: " ") }
                #expect(shown.sorted() == layers, "\(person)")
            }
            for (person, place, scope) in [
                (Person.robin, "", "user"), (.kim, "", "user"), (.owner, "", "platform"),
                (.kim, "projects/project/", "project"), (.lee, "projects/project/", "project"), (.owner, "projects/project/", "project"),
            ] {
                let path = "/api/v1/\(place)resolution?provider=anthropic"
                let verdict = try await world.list(person, path, "explanations").first
                #expect(verdict?["scope"]?.string == scope, "\(person) at \(path)")
            }
        }
    }

    // MARK: - Settings

    @Test("A project's settings are its owners' to change, and the platform's are the administrators'")
    func settings() async throws {
        try await World.with { world in
            for (layer, rule) in [(Self.project, Rule.owners), (Self.platform, .administrators)] {
                try await world.knock([
                    Door(.PUT, Self.setting(""), Self.body(layer, ["value": "5"]), for: rule),
                    Door(.POST, Self.setting("/off"), Self.body(layer, ["reason": "not now"]), for: rule),
                    Door(.POST, Self.setting("/on"), Self.body(layer), for: rule),
                    Door(.POST, Self.setting("/clear"), Self.body(layer), for: rule),
                ])
            }
            try await world.knock([
                Door(.PUT, "/api/v1/settings/sessions.limit", Self.body(Self.platform, ["value": "4"]), for: .administrators),
                Door(.GET, "/api/v1/settings", for: .everyone), Door(.GET, "/api/v1/settings/sessions.limit", for: .everyone),
            ])
        }
    }

    @Test("At the user scope each sets what applies to themselves only")
    func ownSettings() async throws {
        try await World.with { world in
            for (person, value) in [(Person.kim, "5"), (.robin, "7")] {
                let reply = try await world.call(person, .PUT, Self.setting(""), Self.body(Self.user, ["value": .string(value)]))
                #expect(reply.status == 200, "\(reply.text)")
            }
            for (person, value) in [(Person.kim, "5"), (.robin, "7"), (.owner, "60")] {
                let holds = try await world.list(person, Self.setting(""), "explanations").first?["value"]?.string
                #expect(holds == value, "\(person)")
            }
            for act in ["/off", "/on", "/clear"] {
                #expect(try await world.call(.kim, .POST, Self.setting(act), Self.body(Self.user)).status == 200)
                let robins = try await world.list(.robin, Self.setting(""), "explanations").first?["value"]?.string
                #expect(robins == "7", "\(act)")
            }
        }
    }

    @Test("A change of a setting that is refused because of the project that it names has not been made")
    func halfARefusal() async throws {
        try await World.with { world in
            let before = try await world.sam.rows()
            let body = Self.body(Self.user, ["project": "project", "value": "5"])
            let reply = try await world.call(.robin, .PUT, Self.setting(""), body)
            let changed = World.changes(before, try await world.sam.rows())
            // To take it for what it says of the user, or to refuse it: either is well, if it is done as it is said.
            #expect((200..<300).contains(reply.status) != changed.isEmpty, "\(reply.status), and changed: \(changed)")
        }
    }

    // MARK: - Parts

    private func credentials(of people: [Person], _ world: World) async throws -> [[JSONValue]] {
        var all: [[JSONValue]] = []
        for person in people { all.append(try await world.list(person, "/api/v1/credentials", "credentials")) }
        return all
    }
}
