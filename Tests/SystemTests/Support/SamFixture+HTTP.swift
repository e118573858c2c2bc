import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// An answer of the API.
struct Reply: Sendable {
    var status: Int
    var contentType: String
    var body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue { (try? JSONLine.decode(from: body)) ?? .null }
    subscript(key: String) -> JSONValue? { json[key] }
}

extension SamFixture {
    /// The owner's API token, from the file that the command line uses.
    func ownerToken() throws -> String {
        try String(contentsOfFile: home + "/token", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Calls the API over the control socket, and checks that the answer is what the API's description says.
    ///
    /// - Parameters:
    ///   - token: whose; the owner's when left out, nobody's when empty.
    ///   - body: sent as JSON.
    func call(_ method: HTTPMethod, _ path: String, as token: String? = nil, _ body: JSONValue? = nil) async throws -> Reply {
        try await call(method, path, as: token, bytes: try body.map { try JSONLine.encode($0) })
    }

    func call(_ method: HTTPMethod, _ path: String, as token: String? = nil, bytes: Data?) async throws -> Reply {
        let socket = try #require((home + "/control.sock").addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        var request = HTTPClientRequest(url: "http+unix://\(socket)\(path)")
        request.method = method
        let token = try token ?? ownerToken()
        if !token.isEmpty { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let bytes {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: bytes))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 64 << 20)
        let reply = Reply(
            status: Int(response.status.code), contentType: response.headers.first(name: "content-type") ?? "",
            body: Data(body.readableBytesView))
        if path.hasPrefix("/api/v1/") {
            let disagreement = try await description().disagreement(
                method: method.rawValue, path: path, status: reply.status, contentType: reply.contentType,
                body: try? JSONLine.decode(JSONValue.self, from: reply.body))
            #expect(disagreement == nil)
        }
        return reply
    }

    /// The API's description, as the server serves it.
    private func description() async throws -> APIDescription {
        if let known = Self.known.withLock({ $0 }) { return known }
        let description = try APIDescription(try await call(.GET, "/api/openapi.json", as: "").json)
        Self.known.withLock { $0 = description }
        return description
    }

    private static let known = Mutex<APIDescription?>(nil)

    /// Adds a user through the API and returns their token.
    func newUser(_ name: String, role: String = "member") async throws -> String {
        let reply = try await call(.POST, "/api/v1/users", ["name": .string(name), "role": .string(role)])
        return try #require(reply["token"]?.string, "\(reply.text)")
    }

    /// Lets a user into a project.
    func admit(_ user: String, as role: String = "member", to project: String = "project") async throws {
        let body: JSONValue = ["user": .string(user), "role": .string(role)]
        let reply = try await call(.POST, "/api/v1/projects/\(project)/members", body)
        #expect(reply.status == 201, "\(reply.text)")
    }

    /// Adds a user and returns their token.
    func user(_ name: String, role: String = "member") async throws -> String {
        let created = try await json("users", "add", name, "--role", role)
        return try #require(created["token"]?.string)
    }
}
