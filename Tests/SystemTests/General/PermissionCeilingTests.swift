import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What a project's owner says of what agents may do without asking binds its members.
@Suite("A project's word on what agents may do")
struct PermissionCeilingTests {
    private typealias World = TenantTests.World
    private static let setting = "/api/v1/settings/agents.permissions"

    private static func body(_ mode: String) -> JSONValue { ["scope": "project", "project": "project", "value": .string(mode)] }

    @Test("A member gets no more than the project allows, in a new session and in a resumed one")
    func binds() async throws {
        try await World.with { world in
            func start(_ person: TenantTests.Person, _ mode: String) async throws -> Reply {
                try await world.call(
                    person, .POST, "/api/v1/sessions",
                    ["project": "project", "agent": "shell", "prompt": "true", "ending": "whenIdle", "permissions": .string(mode)])
            }
            // As long as no layer says anything, who starts a session says it.
            let free = try await start(.kim, "everything")
            #expect(free.status == 201 && free["permissions"] == "everything", "\(free.text)")
            let earlier = try #require(free["id"]?.string)
            try await world.settle(earlier)

            #expect(try await world.call(.owner, .PUT, Self.setting, Self.body("ask")).status == 200)
            for person in [TenantTests.Person.kim, .owner] {
                for mode in ["everything", "edits"] {
                    let refused = try await start(person, mode)
                    #expect(refused.status == 403, "\(person), \(mode): \(refused.text)")
                    #expect(refused.text.contains("the project scope allows, which is “ask” at most"), "\(refused.text)")
                }
                #expect(try await start(person, "ask").status == 201)
            }
            let run = try await world.sam.sam(
                "run", "--project", "project", "--agent", "shell", "--permissions", "everything", "true")
            #expect(run.termination == .exited(1) && run.standardError.contains("agents.permissions"), "\(run.standardError)")

            let resumed = try await world.call(
                .kim, .POST, "/api/v1/sessions/\(earlier)/resume", ["prompt": "true", "ending": "whenIdle"])
            #expect(resumed.status == 201 && resumed["permissions"] == "ask", "\(resumed.text)")
            let second = try #require(resumed["id"]?.string)
            try await world.settle(second)
            // It stays as strict when the project is not any more.
            #expect(try await world.call(.owner, .PUT, Self.setting, Self.body("everything")).status == 200)
            let third = try await world.call(.kim, .POST, "/api/v1/sessions/\(second)/resume", ["prompt": "true", "ending": "whenIdle"])
            #expect(third["permissions"] == "ask", "\(third.text)")
            #expect(try await start(.kim, "everything")["permissions"] == "everything")
        }
    }

    @Test("An agent at work asks from its next question on, once its project says so, and another project's does not")
    func live() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            for name in ["project", "other"] { try await sam.project(name) }
            var sessions: [String: String] = [:]
            for name in ["project", "other"] {
                let reply = try await sam.call(
                    .POST, "/api/v1/sessions", ["project": .string(name), "agent": "asking", "permissions": "everything"])
                sessions[name] = try #require(reply["id"]?.string, "\(reply.text)")
            }
            func answered(_ name: String, _ text: String) async throws {
                let path = "/api/v1/sessions/\(try #require(sessions[name]))"
                #expect(try await sam.call(.POST, path + "/prompts", ["text": .string(text)]).status == 202)
                try await eventually("\(name) has answered") {
                    let prompts = try await sam.call(.GET, path + "/prompts")["prompts"]?.elements ?? []
                    return prompts.allSatisfy { $0["state"] == "done" }
                }
            }
            for name in ["project", "other"] { try await answered(name, "touch first") }
            #expect(try await sam.call(.PUT, Self.setting, Self.body("ask")).status == 200)
            let path = "/api/v1/sessions/\(try #require(sessions["project"]))"
            #expect(try await sam.call(.GET, path)["permissions"] == "ask")
            #expect(try await sam.call(.POST, path + "/prompts", ["text": "touch second"]).status == 202)
            try await eventually("it asks") { try await sam.call(.GET, path)["questions"]?.elements?.isEmpty == false }
            try await answered("other", "touch second")
        }
    }
}
