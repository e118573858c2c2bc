import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Users among themselves")
struct TenantTests {
    // MARK: - Doors

    @Test("A project is known to who belongs to it alone, and its owners' to change; to others it is not there")
    func project() async throws {
        try await World.with { world in
            try await world.knock([
                Door(.GET, "/api/v1/projects/{project}", for: .readers),
                Door(.PATCH, "/api/v1/projects/{project}", ["sandbox": "bubblewrap"], for: .owners),
                Door(.GET, "/api/v1/projects/{project}/resolution", for: .readers),
                Door(.GET, "/api/v1/projects/{project}/resolution?provider=anthropic", for: .readers),
                Door(.GET, "/api/v1/projects/{project}/members", for: .readers),
                Door(.POST, "/api/v1/projects/{project}/members", ["user": "kim"], for: .owners),
                Door(.PATCH, "/api/v1/projects/{project}/members/kim", ["role": "member"], for: .owners),
                Door(.GET, "/api/v1/sessions?project={project}", for: .readers),
                Door(.GET, "/api/v1/settings?project={project}", for: .readers),
                Door(.GET, "/api/v1/settings/agents.handshakeSeconds?project={project}", for: .readers),
            ])
            // A project's id is no better a key than its name.
            let id = try #require(try await world.call(.owner, .GET, "/api/v1/projects/project")["id"]?.string)
            let byID = try await world.call(.robin, .GET, "/api/v1/projects/\(id)")
            #expect(byID.status == 404 && !byID.text.contains("“project”"), "\(byID.text)")
            #expect(try await world.call(.kim, .GET, "/api/v1/projects/\(id)").status == 200)
        }
    }

    @Test("A session that is over, with its log and its work, is read by who belongs to its project, and landed and removed by members")
    func finishedSession() async throws {
        try await World.with { world in
            let session = try await world.finishedSession()
            let path = "/api/v1/sessions/{session}"
            try await world.knock(
                [
                    Door(.GET, path, for: .readers),
                    Door(.GET, path + "/events", for: .readers),
                    Door(.GET, path + "/events/stream", for: .readers),
                    Door(.GET, path + "/events/1/payload", for: .readers),
                    Door(.GET, path + "/diff", for: .readers),
                    Door(.GET, path + "/changes", for: .readers),
                    Door(.POST, path + "/land", for: .members),
                    Door(.DELETE, path, for: .memberOnce),
                ], Names(session: session))
            #expect(try await world.call(.kim, .GET, "/api/v1/sessions/\(session)").status == 404, "It was removed")
        }
    }

    @Test("Only a project's members start sessions in it, write to them and end them")
    func livingSession() async throws {
        try await World.with { world in
            let path = "/api/v1/sessions/{session}"
            let first = try await world.sam.startIdle(agent: "shell", as: world.token(.kim))
            try await world.knock(
                [
                    Door(.POST, path + "/prompts", ["text": "echo hi > file"], for: .members),
                    Door(.POST, path + "/finish", for: .memberOnce),
                ], Names(session: first))
            try await world.settle(first)
            let asking = try await world.sam.startIdle(agent: "asking", as: world.token(.kim))
            for text in ["true", "kept"] {
                #expect(try await world.call(.kim, .POST, "/api/v1/sessions/\(asking)/prompts", ["text": .string(text)]).status == 202)
            }
            try await eventually("it asks") {
                try await world.call(.kim, .GET, "/api/v1/sessions/\(asking)")["questions"]?.elements?.count == 1
            }
            let kept = try #require(
                try await world.list(.kim, "/api/v1/sessions/\(asking)/prompts", "prompts").last?["id"]?.string)
            try await world.knock(
                [
                    Door(.GET, path + "/prompts", for: .readers),
                    Door(.PATCH, path + "/prompts/\(kept)", ["text": "changed"], for: .members),
                    Door(.DELETE, path + "/prompts/\(kept)", for: .memberOnce),
                    Door(.POST, path + "/turn/cancel", for: .memberOnce),
                ], Names(session: asking))
            #expect(try await world.call(.kim, .POST, "/api/v1/sessions/\(asking)/cancel").status == 202)
            try await world.settle(asking)
            let second = try await world.sam.startIdle(agent: "shell", as: world.token(.kim))
            try await world.knock([Door(.POST, path + "/cancel", for: .memberOnce)], Names(session: second))
            try await world.settle(second)
            let fields: JSONValue = ["project": "{project}", "agent": "shell", "prompt": "true", "ending": "whenIdle"]
            try await world.knock([Door(.POST, "/api/v1/sessions", fields, for: .members)])
        }
    }

    @Test("Lists hold what the asker may see, and nothing else")
    func lists() async throws {
        try await World.with { world in
            let session = try await world.finishedSession()
            for (person, isMember) in [(Person.robin, false), (.lee, true), (.kim, true), (.owner, true)] {
                let projects = try await world.list(person, "/api/v1/projects", "projects").map { $0["name"]?.string }
                #expect(projects == (isMember ? ["project"] : []), "\(person)")
                let sessions = try await world.list(person, "/api/v1/sessions", "sessions").map { $0["id"]?.string }
                #expect(sessions == (isMember ? [session] : []), "\(person)")
                let me = try await world.call(person, .GET, "/api/v1/me")["name"]?.string
                #expect(me == person.rawValue)
            }
        }
    }
}

// MARK: - Who is there

extension TenantTests {
    /// Who stands at a door.
    enum Person: String, Sendable {
        /// Someone without a token.
        case nobody
        /// A user who is no member of the project.
        case robin
        /// A viewer of the project.
        case lee
        /// A user who is a member of the project.
        case kim
        /// The administrator, whose project it is.
        case owner
    }

    /// Whom a door lets in, and what the others are answered.
    enum Rule: Sendable {
        /// Everyone who belongs to the project. To others there is no such thing.
        case readers
        /// Every member and owner of the project, one after another.
        case members
        /// Any member of the project, and it can be done once: kim does it.
        case memberOnce
        /// The project's owners.
        case owners
        /// Administrators. Others are told so.
        case administrators
        /// Everyone who has a token.
        case everyone

        var refused: [(person: Person, status: Int)] {
            switch self {
            case .readers: [(.nobody, 401), (.robin, 404)]
            case .members, .memberOnce: [(.nobody, 401), (.robin, 404), (.lee, 403)]
            case .owners: [(.nobody, 401), (.robin, 404), (.lee, 403), (.kim, 403)]
            case .administrators: [(.nobody, 401), (.robin, 403), (.lee, 403), (.kim, 403)]
            case .everyone: [(.nobody, 401)]
            }
        }

        var admitted: [Person] {
            switch self {
            case .readers: [.lee, .kim, .owner]
            case .members: [.kim, .owner]
            case .memberOnce: [.kim]
            case .owners, .administrators: [.owner]
            case .everyone: [.robin, .lee, .kim, .owner]
            }
        }
    }

    /// A call with whom it lets in. `{project}` and `{session}` in it stand for what is called so.
    struct Door: Sendable, CustomStringConvertible {
        var method: HTTPMethod
        var path: String
        var body: JSONValue?
        var rule: Rule

        init(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, for rule: Rule) {
            self.method = method
            self.path = path
            self.body = body
            self.rule = rule
        }

        var description: String { "\(method.rawValue) \(path)" }
    }

    /// What the things are called that a door leads to.
    struct Names: Sendable {
        var project = "project"
        var session = "s_000000000000"

        /// Names of nothing that there is.
        static let nowhere = Names(project: "nowhere", session: "s_zzzzzzzzzzzz")

        func fill(_ text: String) -> String {
            text.replacing("{project}", with: project).replacing("{session}", with: session)
        }

        /// A sentence about these things as it would be about things that are not there.
        func hide(_ text: String) -> String {
            text.replacing("“\(project)”", with: "“\(Names.nowhere.project)”").replacing(session, with: Names.nowhere.session)
        }
    }
}

// MARK: - The world

extension TenantTests {
    /// A server with a project of the owner's, in which kim is a member and lee a viewer, and which robin does not belong to.
    struct World: Sendable {
        let sam: SamFixture
        private let tokens: [Person: String]

        /// - Parameter role: kim's in the project.
        static func with(kimAs role: String = "member", _ body: (World) async throws -> Void) async throws {
            try await SamFixture.with { sam in
                try await sam.serve()
                try await sam.projectWithSignInFiles()
                var tokens: [Person: String] = [.nobody: "", .owner: try sam.ownerToken()]
                for person in [Person.robin, .lee, .kim] { tokens[person] = try await sam.newUser(person.rawValue) }
                try await sam.admit("kim", as: role)
                try await sam.admit("lee", as: "viewer")
                try await body(World(sam: sam, tokens: tokens))
            }
        }

        func token(_ person: Person) -> String { tokens[person, default: ""] }

        func call(_ person: Person, _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> Reply {
            try await sam.call(method, path, as: token(person), body)
        }

        /// A list of the API, as someone gets it.
        func list(_ person: Person, _ path: String, _ key: String) async throws -> [JSONValue] {
            let reply = try await call(person, .GET, path)
            guard case .array(let all)? = reply[key] else {
                Issue.record("\(person) at \(path): \(reply.text)")
                return []
            }
            return all
        }

        /// Knocks at doors: first who is to be sent away, at all of them, then who is let in, at one after another.
        func knock(_ doors: [Door], _ names: Names = Names(), sourceLocation: SourceLocation = #_sourceLocation) async throws {
            let before = try await sam.rows()
            for door in doors {
                for (person, status) in door.rule.refused {
                    let reply = try await open(door, as: person, names)
                    let what = Comment(rawValue: "\(person) at \(door): \(reply.text)")
                    #expect(reply.status == status, what, sourceLocation: sourceLocation)
                    #expect(reply.contentType == "application/problem+json", what, sourceLocation: sourceLocation)
                    guard status == 404 else { continue }
                    let ghost = try await open(door, as: person, .nowhere)
                    #expect(names.hide(reply.text) == ghost.text, "It tells that it is there: \(door)", sourceLocation: sourceLocation)
                }
                let changed = World.changes(before, try await sam.rows())
                #expect(changed == [], "Who was sent away from \(door) has changed something", sourceLocation: sourceLocation)
            }
            for door in doors {
                for person in door.rule.admitted {
                    let reply = try await open(door, as: person, names)
                    #expect((200..<300).contains(reply.status), "\(person) at \(door): \(reply.text)", sourceLocation: sourceLocation)
                }
            }
        }

        private func open(_ door: Door, as person: Person, _ names: Names) async throws -> Reply {
            let body = try door.body.map { try JSONLine.decode(JSONValue.self, from: names.fill(try JSONLine.text($0))) }
            return try await call(person, door.method, names.fill(door.path), body)
        }

        /// The tables in which two readings of the database differ.
        static func changes(_ one: [String: [String]], _ other: [String: [String]]) -> [String] {
            Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }.sorted()
        }

        /// A session of kim's that has come to its end and left a branch.
        func finishedSession() async throws -> String {
            let reply = try await call(
                .kim, .POST, "/api/v1/sessions",
                ["project": "project", "agent": "shell", "prompt": "echo hi > file", "ending": "whenIdle"])
            let id = try #require(reply["id"]?.string, "\(reply.text)")
            try await settle(id)
            return id
        }

        /// Waits until a session is over.
        func settle(_ session: String) async throws {
            try await eventually("session \(session) is settled") {
                try await call(.owner, .GET, "/api/v1/sessions/\(session)")["settled"] == .bool(true)
            }
        }
    }
}
