import API
import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("The API")
struct APITests {
    @Test("Two clients that follow from different events see the same events in the same order")
    func twoClients() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let id = try await sam.start(project: "project", agent: "chatty", "40")
            try await eventually("there are more than five") { try await sam.events(id).count > 5 }
            async let fromStart = follow(id, after: 0, sam)
            async let fromFifth = follow(id, after: 5, sam)
            let all = try await fromStart
            let some = try await fromFifth
            #expect(all.count > 10)
            #expect(Array(all.dropFirst(5)) == some)
            #expect(try await sam.events(id).map { try JSONLine.text($0) } == all)
        }
    }

    struct Door: Sendable, CustomTestStringConvertible {
        var method: String
        var path: String
        var testDescription: String { "\(method) \(path)" }
    }

    @Test(
        "Every door asks who is there: without a token, and with a stranger's, nothing opens",
        arguments: [
            Door(method: "GET", path: "/api/v1/server"), Door(method: "GET", path: "/api/v1/projects"),
            Door(method: "POST", path: "/api/v1/projects"), Door(method: "GET", path: "/api/v1/projects/p"),
            Door(method: "PATCH", path: "/api/v1/projects/p"), Door(method: "GET", path: "/api/v1/agents"),
            Door(method: "GET", path: "/api/v1/sessions"), Door(method: "POST", path: "/api/v1/sessions"),
            Door(method: "GET", path: "/api/v1/sessions/s"), Door(method: "DELETE", path: "/api/v1/sessions/s"),
            Door(method: "GET", path: "/api/v1/sessions/s/events"), Door(method: "GET", path: "/api/v1/sessions/s/events/stream"),
            Door(method: "GET", path: "/api/v1/sessions/s/events/1/payload"),
            Door(method: "POST", path: "/api/v1/sessions/s/prompts"), Door(method: "POST", path: "/api/v1/sessions/s/cancel"),
            Door(method: "POST", path: "/api/v1/sessions/s/finish"), Door(method: "GET", path: "/api/v1/sessions/s/diff"),
            Door(method: "GET", path: "/api/v1/sessions/s/changes"), Door(method: "POST", path: "/api/v1/sessions/s/land"),
            Door(method: "GET", path: "/api/v1/settings"), Door(method: "PUT", path: "/api/v1/settings/sessions.limit"),
            Door(method: "POST", path: "/api/v1/settings/sessions.limit/off"),
            Door(method: "POST", path: "/runner/v1/events"), Door(method: "POST", path: "/runner/v1/heartbeat"),
            Door(method: "GET", path: "/runner/v1/commands"),
        ])
    func doors(_ door: Door) async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            #expect(try await status(door, token: nil, sam) == 401)
            #expect(try await status(door, token: "sam_\(String(repeating: "0", count: 64))", sam) == 401)
            let owners = try await status(door, token: sam.ownerToken(), sam)
            // The owner gets past the door: to a thing, or to being told that it is not there, or that the body is missing.
            #expect(door.path.hasPrefix("/runner/") ? owners == 401 : [200, 400, 404].contains(owners))
        }
    }

    @Test("The network address serves no runner, and the home's secrets are for the owner's eyes only")
    func networkAddress() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let file = try #require(FileManager.default.contents(atPath: sam.home + "/server.json"))
            let url = try #require(try JSONLine.decode(JSONValue.self, from: file)["url"]?.string)
            func status(_ path: String, _ token: String?) async throws -> Int {
                var request = HTTPClientRequest(url: url + path)
                if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
                return Int(try await HTTPClient.shared.execute(request, timeout: .seconds(10)).status.code)
            }
            #expect(try await status("/healthz", nil) == 200)
            #expect(try await status("/readyz", nil) == 200)
            #expect(try await status("/api/v1/projects", nil) == 401)
            #expect(try await status("/api/v1/projects", try sam.ownerToken()) == 200)
            #expect(try await status("/runner/v1/commands", try sam.ownerToken()) == 404)
            for (path, mode) in [(sam.home, 0o700), (sam.home + "/token", 0o600)] {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode)
            }
        }
    }

    @Test("An odd Last-Event-ID is an error, and not silence or everything again; one that can be is followed from there")
    func oddEventID() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "shell", "echo one > one.txt")
            let id = try #require(finished.session["id"]?.string)
            let path = "/api/v1/sessions/\(id)/events/stream"
            let newest = try await follow(id, after: 0, sam).count
            for odd in ["abc", "-1", "1.5", "+1", "", "1 2", "1,2", "0x1", "\(newest + 1)", "99999999999999999999"] {
                var request = try request(path, token: sam.ownerToken(), sam)
                request.headers.add(name: "last-event-id", value: odd)
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
                #expect(response.status.code == 400, "\(odd)")
                #expect(response.headers.first(name: "content-type") == "application/problem+json")
            }
            #expect(try await sam.call(.GET, path + "?after=x").status == 400)
            #expect(try await follow(id, after: newest, sam) == [])
            #expect(try await follow(id, after: newest - 1, sam).count == 1)

            // A question that was never asked is not there.
            #expect(try await sam.call(.POST, "/api/v1/sessions/\(id)/questions/nope", ["text": "x"]).status == 404)
        }
    }

    @Test("A local path is refused when it arrives as a file URL, and taken as a path")
    func fileURL() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("local", files: ["a": "a\n"])
            #expect(try await sam.sam("projects", "add", "file://\(path)").termination == .exited(1))
            #expect(try await sam.sam("projects", "add", path).termination == .exited(0))
        }
    }

    // MARK: - Parts

    private func request(_ path: String, token: String?, _ sam: SamFixture) throws -> HTTPClientRequest {
        let socket = try #require((sam.home + "/control.sock").addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        var request = HTTPClientRequest(url: "http+unix://\(socket)\(path)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    private func status(_ door: Door, token: String?, _ sam: SamFixture) async throws -> Int {
        var request = try request(door.path, token: token, sam)
        request.method = HTTPMethod(rawValue: door.method)
        return Int(try await HTTPClient.shared.execute(request, timeout: .seconds(10)).status.code)
    }

    private func follow(_ id: String, after: Int, _ sam: SamFixture) async throws -> [String] {
        let client = APIClient(socket: sam.home + "/control.sock", token: try sam.ownerToken())
        var events: [String] = []
        try await client.follow("/api/v1/sessions/\(id)/events/stream", after: after) { events.append(String(decoding: $0, as: UTF8.self)) }
        await client.close()
        return events
    }
}
