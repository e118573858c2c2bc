import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Processes
import Synchronization
import TestSupport
import Testing

@testable import SystemSupport

/// Joining a project and leaving it.
extension TenantTests {
    @Test("Who joins a project finds it, and who leaves it finds nothing of it any more")
    func joiningAndLeaving() async throws {
        try await World.with { world in
            let session = try await world.finishedSession()
            let doors = [
                "projects/project", "projects/project/resolution", "projects/project/members", "sessions/\(session)",
                "sessions/\(session)/events", "sessions/\(session)/diff", "settings?project=project",
            ].map { "/api/v1/\($0)" }
            func expect(_ status: Int, _ person: Person) async throws {
                for door in doors {
                    let reply = try await world.call(person, .GET, door)
                    #expect(reply.status == status, "\(person) at \(door): \(reply.text)")
                }
            }
            let members = "/api/v1/projects/project/members"
            try await expect(404, .robin)
            // Nobody lets themselves in, or puts a member out.
            let before = try await world.sam.rows()
            for (method, path, body) in [
                (HTTPMethod.POST, members, JSONValue?.some(["user": "robin"])), (.DELETE, members + "/kim", nil),
                (.DELETE, members + "/owner", nil),
            ] {
                #expect(try await world.call(.robin, method, path, body).status == 404)
                #expect(try await world.call(.nobody, method, path, body).status == 401)
            }
            #expect(World.changes(before, try await world.sam.rows()) == [])

            #expect(try await world.call(.owner, .POST, members, ["user": "robin"]).status == 201, "An owner lets another in")
            try await expect(200, .robin)
            #expect(try await world.call(.robin, .DELETE, members + "/kim").status == 403, "A member puts no other out")
            #expect(try await world.call(.owner, .DELETE, members + "/kim").status == 204)
            try await expect(404, .kim)
            #expect(try await world.call(.kim, .DELETE, "/api/v1/sessions/\(session)").status == 404, "Also not of what they started")
            #expect(try await world.list(.kim, "/api/v1/sessions", "sessions").isEmpty)
            #expect(try await world.call(.kim, .GET, "/api/v1/me").status == 200, "Their own is still theirs")
            #expect(try await world.call(.robin, .DELETE, members + "/robin").status == 204, "And one can leave")
            try await expect(404, .robin)
            let last = try await world.call(.owner, .DELETE, members + "/owner")
            #expect(last.status == 400, "The last one stays: \(last.text)")
            try await expect(200, .owner)
        }
    }

    @Test("An administrator outside of a project sees that a project is there and who works on it, and nothing in it")
    func administratorOutside() async throws {
        try await World.with { world in
            let session = try await world.finishedSession()
            let key: JSONValue = ["scope": "project", "project": "project", "secret": "sk-ant-0123456789abcdef"]
            #expect(try await world.call(.owner, .PUT, "/api/v1/credentials/anthropic", key).status == 200)
            let members = "/api/v1/projects/project/members"
            #expect(try await world.call(.owner, .PATCH, members + "/kim", ["role": "owner"]).status == 200)
            #expect(try await world.call(.owner, .DELETE, members + "/owner").status == 204)
            for (method, path, body) in [
                (HTTPMethod.GET, "projects/project", JSONValue?.none), (.PATCH, "projects/project", ["sandbox": "bubblewrap"]),
                (.GET, "projects/project/resolution", nil), (.GET, "sessions?project=project", nil), (.GET, "sessions/\(session)", nil),
                (.GET, "sessions/\(session)/diff", nil), (.POST, "sessions/\(session)/land", nil), (.DELETE, "sessions/\(session)", nil),
                (.POST, "sessions", ["project": "project", "agent": "shell"]), (.PUT, "credentials/anthropic", key),
                (.POST, "credentials/anthropic/off", ["scope": "project", "project": "project"]),
                (.PUT, "settings/agents.handshakeSeconds", ["scope": "project", "project": "project", "value": "5"]),
            ] {
                let reply = try await world.call(.owner, method, "/api/v1/" + path, body)
                #expect(reply.status == 404, "\(method.rawValue) \(path): \(reply.text)")
            }
            #expect(try await world.list(.owner, "/api/v1/projects", "projects").isEmpty)
            #expect(try await world.list(.owner, "/api/v1/credentials", "credentials").isEmpty)
            #expect(try await world.list(.owner, "/api/v1/projects?all=true", "projects").count == 1)
            #expect(try await world.list(.owner, members, "members").map { $0["name"]?.string } == ["kim", "lee"])
            #expect(try await world.call(.owner, .POST, members, ["user": "owner"]).status == 201)
            #expect(try await world.call(.owner, .GET, "/api/v1/sessions/\(session)").status == 200)
        }
    }

    /// How someone comes to have no business in a project any more.
    enum Departure: String, CaseIterable, CustomTestStringConvertible {
        case removed, disabled, reads
        var testDescription: String { rawValue }
    }

    @Test("Who follows a session and is shut out meanwhile hears nothing more of it", arguments: [Departure.removed, .disabled])
    func followerIsShutOut(_ departure: Departure) async throws {
        try await World.with { world in
            let session = try await world.sam.startIdle(agent: "shell", as: world.token(.owner))
            let stays = try await follow(session, as: .owner, world)
            let goes = try await follow(session, as: .kim, world)
            try await depart(departure, world)
            _ = try await world.call(.owner, .POST, "/api/v1/sessions/\(session)/prompts", ["text": "echo said-$((40 + 2))-afterwards"])
            #expect(try await world.call(.owner, .POST, "/api/v1/sessions/\(session)/finish").status == 202)
            try await world.settle(session)
            let heard = await (stays: rest(of: stays), goes: rest(of: goes))
            #expect(heard.stays.contains("said-42-afterwards"))
            #expect(!heard.goes.contains("said-42-afterwards"))
        }
    }

    /// How a line loses its listener.
    enum Loss: String, CaseIterable, CustomTestStringConvertible {
        case removed, disabled, tokenRevoked
        var testDescription: String { rawValue }
    }

    @Test("The stream of a user who lost access ends within a second, and a viewer's continues", arguments: Loss.allCases)
    func lineEnds(_ loss: Loss) async throws {
        try await World.with { world in
            let session = try await world.sam.startIdle(agent: "shell", as: world.token(.owner))
            let ended = Mutex(false)
            let goes = try await follow(session, as: .kim, world)
            let stays = try await follow(session, as: .lee, world)
            async let heard = rest(of: stays)
            let listening = Task {
                _ = await rest(of: goes)
                ended.withLock { $0 = true }
            }
            defer { listening.cancel() }
            // To read less than before is no reason to hear nothing more.
            #expect(try await world.call(.owner, .PATCH, "/api/v1/projects/project/members/kim", ["role": "viewer"]).status == 200)
            _ = try await world.sam.ask(session, "echo said-$((40 + 1))", as: world.token(.owner))
            #expect(!ended.withLock { $0 })
            try await lose(loss, world)
            try await eventually("the line ends", within: .seconds(1)) { ended.withLock { $0 } }
            _ = try await world.sam.ask(session, "echo said-$((40 + 2))", as: world.token(.owner))
            #expect(try await world.call(.owner, .POST, "/api/v1/sessions/\(session)/finish").status == 202)
            try await world.settle(session)
            let all = await heard
            #expect(all.contains("said-41") && all.contains("said-42"))
        }
    }

    @Test(
        "The line of one who stopped reading ends within a second of losing access, and an unread line of another stays",
        arguments: Loss.allCases)
    func unreadLineEnds(_ loss: Loss) async throws {
        try await World.with { world in
            let session = try await world.sam.startIdle(agent: "shell", as: world.token(.owner))
            // More than both sides of a socket hold.
            for _ in 0..<12 { _ = try await world.sam.ask(session, "head -c 50000 /dev/zero | tr '\\0' x", as: world.token(.owner)) }
            let goes = try await followUnread(session, as: .kim, world)
            let stays = try await followUnread(session, as: .lee, world)
            // Both lines are full when the server has done this.
            for person in [Person.kim, .lee] { #expect(try await world.call(person, .GET, "/api/v1/sessions/\(session)").status == 200) }
            #expect(goes.isActive && stays.isActive)
            try await lose(loss, world)
            try await eventually("the line ends", within: .seconds(1)) { !goes.isActive }
            // The owner's call comes after the change was noticed.
            #expect(try await world.call(.owner, .GET, "/api/v1/sessions/\(session)").status == 200)
            #expect(stays.isActive)
            try await stays.close()
        }
    }

    @Test("A session of a user who may now only read ends with its work kept, and another's in the same project continues")
    func starterReads() async throws {
        try await World.with { world in
            let kims = try await world.sam.startIdle(agent: "shell", as: world.token(.kim))
            let owners = try await world.sam.startIdle(agent: "shell", as: world.token(.owner))
            _ = try await world.sam.ask(kims, "echo kept > file", as: world.token(.kim))
            try await depart(.reads, world)
            try await world.settle(kims)
            let ended = try await world.call(.kim, .GET, "/api/v1/sessions/\(kims)")
            #expect(ended["phase"] == "cancelled" && ended["result"]?["branch"] != nil, "\(ended.text)")
            #expect(try await world.call(.kim, .POST, "/api/v1/sessions/\(owners)/prompts", ["text": "true"]).status == 403)
            #expect(try await world.sam.ask(owners, "echo goes on", as: world.token(.owner)) == "goes on")
        }
    }

    @Test("A session that waits in line does not start for someone who was shut out meanwhile", arguments: Departure.allCases)
    func starterIsShutOut(_ departure: Departure) async throws {
        try await World.with { world in
            _ = try await world.sam.sam("settings", "set", "sessions.limit", "1")
            let first = try await world.sam.startIdle(agent: "shell", as: world.token(.owner))
            let key: JSONValue = ["scope": "project", "project": "project", "secret": "sk-ant-0123456789abcdef"]
            #expect(try await world.call(.owner, .PUT, "/api/v1/credentials/anthropic", key).status == 200)
            let fields: JSONValue = ["project": "project", "agent": "keyed", "prompt": "echo ran", "ending": "whenIdle"]
            let kims = try #require(try await world.call(.kim, .POST, "/api/v1/sessions", fields)["id"]?.string)
            let owners = try #require(try await world.call(.owner, .POST, "/api/v1/sessions", fields)["id"]?.string)
            try await depart(departure, world)
            #expect(try await world.call(.owner, .POST, "/api/v1/sessions/\(first)/cancel").status == 202)
            for id in [kims, owners] { try await world.settle(id) }
            func kinds(_ id: String) async throws -> [String?] {
                try await world.list(.owner, "/api/v1/sessions/\(id)/events", "events").map { $0["kind"]?.string }
            }
            let started = try await (kims: kinds(kims).contains("credential"), owners: kinds(owners).contains("credential"))
            #expect(started.owners, "The owner's, which waited in the same line, was started")
            #expect(!started.kims, "It was started with the project's key")
        }
    }

    // MARK: - Parts

    private func depart(_ departure: Departure, _ world: World) async throws {
        switch departure {
        case .removed: #expect(try await world.call(.owner, .DELETE, "/api/v1/projects/project/members/kim").status == 204)
        case .disabled: #expect(try await world.call(.owner, .POST, "/api/v1/users/kim/disable").status == 200)
        case .reads:
            #expect(try await world.call(.owner, .PATCH, "/api/v1/projects/project/members/kim", ["role": "viewer"]).status == 200)
        }
    }

    private func lose(_ loss: Loss, _ world: World) async throws {
        switch loss {
        case .removed: try await depart(.removed, world)
        case .disabled: try await depart(.disabled, world)
        case .tokenRevoked:
            let token = try #require(try await world.list(.kim, "/api/v1/tokens", "tokens").first?["id"]?.string)
            #expect(try await world.call(.owner, .DELETE, "/api/v1/tokens/\(token)").status == 204)
        }
    }

    /// Asks to follow a session and reads nothing.
    private func followUnread(_ session: String, as person: Person, _ world: World) async throws -> any Channel {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: false)
            .connect(unixDomainSocketPath: world.sam.home + "/control.sock").get()
        let head = "GET /api/v1/sessions/\(session)/events/stream HTTP/1.1\r\nhost: sam\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: head + "authorization: Bearer \(world.token(person))\r\n\r\n"))
        return channel
    }

    /// Begins to follow a session. When this returns, the line stands.
    private func follow(_ session: String, as person: Person, _ world: World) async throws -> HTTPClientResponse {
        let socket = try #require((world.sam.home + "/control.sock").addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        var request = HTTPClientRequest(url: "http+unix://\(socket)/api/v1/sessions/\(session)/events/stream")
        request.headers.add(name: "authorization", value: "Bearer \(world.token(person))")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        #expect(response.status == .ok)
        return response
    }

    /// Everything that is heard until the line ends.
    private func rest(of response: HTTPClientResponse) async -> String {
        var text = ""
        do {
            for try await buffer in response.body { text += String(buffer: buffer) }
        } catch {
            // A line that is broken off has told what it had to tell.
        }
        return text
    }
}
