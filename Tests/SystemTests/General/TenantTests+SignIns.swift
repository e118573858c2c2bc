import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// Sign-ins as files: whose they are, also where a project is shared.
extension TenantTests {
    private static let path = "/api/v1/credentials/openai-chatgpt"
    private static let layer: JSONValue = ["scope": "project", "project": "{project}"]

    @Test("A rotation that is held is for the project's owners, as kim is here; to others nothing is held")
    func heldRotation() async throws {
        try await World.with(kimAs: "owner") { world in
            let session = try await signInAtProject(world)
            let answer = try await world.sam.sync(SamFixture.authFile("kim2"), from: session)
            #expect(answer["reason"] == "credential_not_found", "Its layer is off, so it is held: \(answer.text)")
            let holding = Names(session: session)
            let discard: JSONValue = ["scope": "project", "project": "{project}", "discard": .bool(true)]
            try await world.knock(
                [
                    Door(.GET, Self.path + "/held?scope=project&project={project}", for: .members),
                    Door(.POST, Self.path + "/recover", Self.layer, for: .memberOnce),
                ], holding)
            // The first was brought back; the second is thrown away.
            #expect(try await world.sam.sync(SamFixture.authFile("kim3"), from: session)["reason"] == "credential_not_found")
            try await world.knock([Door(.POST, Self.path + "/recover", discard, for: .memberOnce)], holding)
            let held = try await world.list(.kim, Self.path + "/held?scope=project&project=project", "held")
            #expect(held.isEmpty)
            for person in [Person.robin, .owner] {
                let others = try await world.list(person, Self.path + "/held?scope=user", "held")
                #expect(others.isEmpty, "At the user scope each looks at their own")
            }
        }
    }

    @Test("Only its recipient can read a notification")
    func notifications() async throws {
        try await World.with(kimAs: "owner") { world in
            let session = try await signInAtProject(world)
            _ = try await world.sam.sync(SamFixture.authFile("kim2"), from: session)
            let kims = try await world.list(.kim, "/api/v1/notifications", "notifications")
            let id = try #require(kims.first?["id"]?.string, "An owner is told of what befell the project's key")
            let owners = try await world.list(.owner, "/api/v1/notifications", "notifications")
            #expect(owners.count == 1 && owners.first?["id"]?.string != id, "So is the other, for themselves")
            for person in [Person.robin, .lee] {
                #expect(try await world.list(person, "/api/v1/notifications", "notifications").isEmpty, "\(person)")
            }

            let before = try await world.sam.rows()
            for (person, status) in [(Person.nobody, 401), (.robin, 404), (.owner, 404)] {
                let reply = try await world.call(person, .POST, "/api/v1/notifications/\(id)/read")
                #expect(reply.status == status, "\(person): \(reply.text)")
            }
            #expect(try await world.call(.robin, .POST, "/api/v1/notifications/read").status == 204, "All of robin's, which are none")
            #expect(World.changes(before, try await world.sam.rows()) == [])

            #expect(try await world.call(.kim, .POST, "/api/v1/notifications/\(id)/read").status == 204)
            #expect(try await world.list(.kim, "/api/v1/notifications?unread=true", "notifications").isEmpty)
            #expect(try await world.list(.owner, "/api/v1/notifications?unread=true", "notifications").count == 1, "The owner's is unread")
        }
    }

    @Test("A session with somebody's sign-in as a file does what that person says, and tells it to no other member")
    func othersPrompts() async throws {
        try await World.with { world in
            let body: JSONValue = ["scope": "user", "secret": .string(SamFixture.authFile("kims-own"))]
            #expect(try await world.call(.kim, .PUT, Self.path, body).status == 200)
            let session = try await world.sam.startIdle(agent: "codex-like", as: world.token(.kim))
            let prompts = "/api/v1/sessions/\(session)/prompts"
            // The owner is a member of the project as well, and the file is kim's all the same.
            _ = try await world.call(.owner, .POST, prompts, ["text": "cat $HOME/.codex/auth.json"])
            #expect(try await world.call(.kim, .POST, prompts, ["text": "echo said by kim-$((40 + 3))"]).status == 202)
            try await eventually("kim's is answered") { try await log(of: session, world).contains("kim-43") }
            let told = try await log(of: session, world).contains("rt_kims-own")
            #expect(!told, "The owner made kim's agent tell kim's sign-in")
        }
    }

    @Test("A session that waits in line to use its starter's own key takes prompts of theirs alone; one with the project's takes all")
    func othersPromptsInLine() async throws {
        try await World.with(kimAs: "owner") { world in
            _ = try await world.sam.sam("settings", "set", "sessions.limit", "1")
            _ = try await world.sam.startIdle(agent: "shell", as: world.token(.owner))
            let key: JSONValue = ["scope": "user", "secret": "sk-ant-kims-own-key-0123"]
            #expect(try await world.call(.kim, .PUT, "/api/v1/credentials/anthropic", key).status == 200)
            let fields: JSONValue = ["project": "project", "agent": "keyed"]
            let id = try #require(try await world.call(.kim, .POST, "/api/v1/sessions", fields)["id"]?.string)
            let prompts = "/api/v1/sessions/\(id)/prompts"
            #expect(try await world.call(.owner, .POST, prompts, ["text": "echo spend it"]).status == 403)
            #expect(try await world.call(.kim, .POST, prompts, ["text": "echo mine"]).status == 202)
            let shared: JSONValue = ["scope": "project", "project": "project", "secret": "sk-ant-the-projects-key"]
            #expect(try await world.call(.kim, .PUT, "/api/v1/credentials/anthropic", shared).status == 200)
            #expect(try await world.call(.owner, .POST, prompts, ["text": "echo ours"]).status == 202)
        }
    }

    @Test("One member's sign-in can't be used as a file by another member, at any layer")
    func othersSignIns() async throws {
        try await World.with(kimAs: "owner") { world in
            let body: JSONValue = ["scope": "project", "project": "project", "secret": .string(SamFixture.authFile("kim1"))]
            #expect(try await world.call(.kim, .PUT, Self.path, body).status == 200)
            let fields: JSONValue = [
                "project": "project", "agent": "codex-like", "prompt": "cat $HOME/.codex/auth.json", "ending": "whenIdle",
            ]
            for (person, phase) in [(Person.owner, "failed"), (.kim, "completed")] {
                let id = try #require(try await world.call(person, .POST, "/api/v1/sessions", fields)["id"]?.string)
                try await world.settle(id)
                let session = try await world.call(person, .GET, "/api/v1/sessions/\(id)")
                #expect(session["phase"]?.string == phase, "\(person): \(session.text)")
                #expect(try await log(of: id, world).contains("rt_kim1") == (person == .kim), "\(person)")
            }
        }
    }

    // MARK: - Parts

    /// A session of kim's with kim's sign-in at the project's layer, which was turned off after its start.
    private func signInAtProject(_ world: World) async throws -> String {
        let body: JSONValue = ["scope": "project", "project": "project", "secret": .string(SamFixture.authFile("kim1"))]
        #expect(try await world.call(.kim, .PUT, Self.path, body).status == 200)
        let session = try await world.sam.startIdle(agent: "codex-like", as: world.token(.kim))
        let off = try await world.call(.kim, .POST, Self.path + "/off", ["scope": "project", "project": "project"])
        #expect(off.status == 200, "\(off.text)")
        return session
    }

    private func log(of session: String, _ world: World) async throws -> String {
        try await world.call(.owner, .GET, "/api/v1/sessions/\(session)/events?limit=1000").text
    }
}
