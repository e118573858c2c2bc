import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

/// Administrators, tokens, and who is shut out.
extension TenantTests {
    // MARK: - Administrators

    @Test("Users, the audit trail, the vault and the server's own disk are the administrators'")
    func administrators() async throws {
        try await World.with { world in
            _ = try await world.sam.user("max")
            let local = try await world.sam.repository("local", files: ["a": "a\n"])
            try await world.knock([
                Door(.GET, "/api/v1/users", for: .administrators),
                Door(.POST, "/api/v1/users", ["name": "newcomer"], for: .administrators),
                Door(.PATCH, "/api/v1/users/max", ["role": "administrator"], for: .administrators),
                Door(.PATCH, "/api/v1/users/kim", ["role": "member"], for: .administrators),
                Door(.POST, "/api/v1/users/max/disable", for: .administrators),
                Door(.POST, "/api/v1/users/max/enable", for: .administrators),
                Door(.GET, "/api/v1/audit", for: .administrators),
                Door(.POST, "/api/v1/vault/rotate", for: .administrators),
                Door(.GET, "/api/v1/projects?all=true", for: .administrators),
                Door(.POST, "/api/v1/projects", ["repository": .string(local), "name": "local"], for: .administrators),
            ])
            try await world.knock(
                ["server", "agents", "me", "tokens", "credentials", "resolution", "notifications", "projects", "sessions"].map {
                    Door(.GET, "/api/v1/\($0)", for: .everyone)
                } + [Door(.POST, "/api/v1/notifications/read", for: .everyone)])
        }
    }

    @Test("No user can make themselves an administrator, or enable themselves again")
    func ownRole() async throws {
        try await World.with { world in
            for person in [Person.robin, .kim] {
                let path = "/api/v1/users/\(person.rawValue)"
                let promoted = try await world.call(person, .PATCH, path, ["role": "administrator"])
                #expect(promoted.status == 403)
                let enabled = try await world.call(person, .POST, path + "/enable")
                #expect(enabled.status == 403)
                let known = try await world.call(person, .GET, "/api/v1/me")
                #expect(known["role"]?.string == "member")
            }
        }
    }

    @Test("Only an administrator lets a project's agents run without a sandbox, and no one once there is a second user")
    func sandbox() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let without: JSONValue = ["sandbox": "none"]
            #expect(try await sam.call(.PATCH, "/api/v1/projects/project", without)["sandbox"]?.string == "none")
            let refused = try await sam.sam("users", "add", "kim")
            #expect(refused.termination == .exited(1) && refused.standardError.contains("project"), "\(refused.standardError)")
            #expect(try await sam.call(.PATCH, "/api/v1/projects/project", ["sandbox": "bubblewrap"]).status == 200)

            let kim = try await sam.user("kim")
            let robin = try await sam.user("robin")
            try await sam.admit("kim", as: "owner")
            let before = try await sam.rows()
            let elsewhere: JSONValue = ["repository": "https://sam.invalid/a.git", "sandbox": "none"]
            for (name, token, status) in [
                ("nobody", "", 401), ("robin", robin, 404), ("kim", kim, 403), ("owner", try sam.ownerToken(), 400),
            ] {
                let changed = try await sam.call(.PATCH, "/api/v1/projects/project", as: token, without)
                #expect(changed.status == status, "\(name): \(changed.text)")
            }
            for (name, token, status) in [("nobody", "", 401), ("robin", robin, 403), ("kim", kim, 403)] {
                let added = try await sam.call(.POST, "/api/v1/projects", as: token, elsewhere)
                #expect(added.status == status, "\(name): \(added.text)")
            }
            #expect(World.changes(before, try await sam.rows()) == [])
        }
    }

    // MARK: - Tokens

    @Test("A token can be revoked by its user and by administrators; for others it does not exist")
    func tokens() async throws {
        try await World.with { world in
            let first = try await tokenID(of: .kim, named: "first", world)
            let before = try await world.sam.rows()
            for (person, status) in [(Person.nobody, 401), (.robin, 404)] {
                let reply = try await world.call(person, .DELETE, "/api/v1/tokens/\(first)")
                #expect(reply.status == status, "\(person): \(reply.text)")
            }
            let owners = try await tokenID(of: .owner, named: "command line on this machine", world)
            #expect(try await world.call(.kim, .DELETE, "/api/v1/tokens/\(owners)").status == 404, "A member revokes no administrator's")
            #expect(World.changes(before, try await world.sam.rows()) == [])
            let robins = try await world.list(.robin, "/api/v1/tokens", "tokens")
            #expect(robins.count == 1 && robins.first?["id"]?.string != first, "Robin's list holds robin's")

            // Kim's second opens what kim's first does, until kim revokes it.
            let second = try #require(try await world.call(.kim, .POST, "/api/v1/tokens", ["name": "laptop"])["token"]?.string)
            #expect(try await world.sam.call(.GET, "/api/v1/me", as: second)["name"]?.string == "kim")
            let secondID = try await tokenID(of: .kim, named: "laptop", world)
            #expect(try await world.call(.kim, .DELETE, "/api/v1/tokens/\(secondID)").status == 204)
            #expect(try await world.sam.call(.GET, "/api/v1/me", as: second).status == 401)
            #expect(try await world.call(.kim, .DELETE, "/api/v1/tokens/\(secondID)").status == 404, "Once is enough")
            #expect(try await world.call(.kim, .GET, "/api/v1/me").status == 200, "The first still opens")

            #expect(try await world.call(.owner, .DELETE, "/api/v1/tokens/\(first)").status == 204)
            #expect(try await world.call(.kim, .GET, "/api/v1/me").status == 401)
            #expect(try await world.call(.owner, .GET, "/api/v1/me").status == 200)
        }
    }

    // MARK: - Shut out

    @Test("A user who is disabled is shut out at once, everywhere, and comes back to what was theirs when enabled")
    func disabled() async throws {
        try await World.with { world in
            let session = try await world.finishedSession()
            let second = try #require(try await world.call(.kim, .POST, "/api/v1/tokens", ["name": "laptop"])["token"]?.string)
            let body: JSONValue = ["scope": "user", "secret": "sk-ant-0123456789abcdef"]
            #expect(try await world.call(.kim, .PUT, "/api/v1/credentials/anthropic", body).status == 200)
            let doors: [(HTTPMethod, String, JSONValue?)] = [
                (.GET, "/api/v1/me", nil), (.GET, "/api/v1/projects/project", nil), (.GET, "/api/v1/sessions/\(session)", nil),
                (.GET, "/api/v1/sessions/\(session)/events/stream", nil), (.GET, "/api/v1/credentials", nil),
                (.PUT, "/api/v1/credentials/anthropic", body), (.GET, "/api/v1/notifications", nil), (.GET, "/api/v1/tokens", nil),
            ]
            #expect(try await world.call(.owner, .POST, "/api/v1/users/kim/disable").status == 200)
            let before = try await world.sam.rows()
            for (method, path, body) in doors {
                for token in [world.token(.kim), second] {
                    let reply = try await world.sam.call(method, path, as: token, body)
                    #expect(reply.status == 401, "\(method.rawValue) \(path): \(reply.text)")
                }
            }
            #expect(World.changes(before, try await world.sam.rows()) == [])
            #expect(try await world.call(.robin, .GET, "/api/v1/me").status == 200, "Others are not")

            #expect(try await world.call(.owner, .POST, "/api/v1/users/kim/enable").status == 200)
            for (method, path, body) in doors {
                let reply = try await world.call(.kim, method, path, body)
                #expect(reply.status == 200, "\(method.rawValue) \(path): \(reply.text)")
            }
        }
    }

    // MARK: - Parts

    private func tokenID(of person: Person, named name: String, _ world: World) async throws -> String {
        let all = try await world.list(person, "/api/v1/tokens", "tokens")
        return try #require(all.first { $0["name"]?.string == name }?["id"]?.string)
    }
}
