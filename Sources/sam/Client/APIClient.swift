import AgentProtocol
import AsyncHTTPClient
import ControlPlane
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Wording
import Workspaces

/// The command line's line to a server.
struct APIClient: Sendable {
    /// The server said no, or could not be reached.
    struct Failure: Error, CustomStringConvertible {
        var status: Int?
        var description: String
        /// The failure that the server names, such as `credentialBlocked`.
        var code: String?
    }

    private let client: HTTPClient
    private let base: String
    private let token: String?
    /// The address that a person named; `nil` for the server of this machine.
    private let named: ServerAddress?

    /// - Parameters:
    ///   - base: `http://…`, or `http+unix://` with the socket's path percent-encoded.
    ///   - token: the API token.
    private init(base: String, token: String?, named: ServerAddress? = nil) {
        self.named = named
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        client = HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
        self.base = base
        self.token = token
    }

    /// A client for a server that a person named.
    init(_ address: ServerAddress, token: String?) {
        self.init(base: address.text, token: token, named: address)
    }

    /// A client for the server on this machine with this home.
    init(home: Home) {
        let socket = home.controlSocket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? home.controlSocket
        let token = try? String(contentsOfFile: home.tokenFile, encoding: .utf8)
        self.init(base: "http+unix://\(socket)", token: token?.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    func close() async {
        try? await client.shutdown()
    }

    // MARK: - Calls

    func get<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(.GET, path, body: nil))
    }

    /// What is no JSON, whole or not at all.
    func bytes(_ path: String) async throws -> Data {
        try await call(.GET, path, body: nil)
    }

    func send<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, _ body: some Encodable, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(method, path, body: try JSONLine.encode(body)))
    }

    func post<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(.POST, path, body: nil))
    }

    func post(_ path: String) async throws {
        _ = try await call(.POST, path, body: nil)
    }

    /// Removes something that the server tells of once more.
    func remove<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(.DELETE, path, body: nil))
    }

    func delete(_ path: String) async throws {
        _ = try await call(.DELETE, path, body: nil)
    }

    /// Follows server-sent events after a number until the stream ends.
    ///
    /// - Throws: when the line breaks; the caller follows again from where it was.
    func follow(_ path: String, after last: Int, _ receive: (Data) async throws -> Void) async throws {
        var request = request(.GET, path)
        request.headers.add(name: "last-event-id", value: String(last))
        let response = try await client.execute(request, deadline: .distantFuture)
        try await check(response)
        var lines = LineSplitter(limit: 16 << 20)
        for try await buffer in response.body {
            for line in try lines.append(buffer.readableBytesView) where line.starts(with: Data("data: ".utf8)) {
                try await receive(Data(line.dropFirst(6)))
            }
        }
    }

    // MARK: - Inner workings

    private func call(_ method: HTTPMethod, _ path: String, body: Data?) async throws -> Data {
        var request = request(method, path)
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: .seconds(700))
        } catch {
            if let named {
                throw Failure(status: nil, description: "No server answers at \(named.text), which SAM_URL names. \(named.remedy)")
            }
            throw Failure(status: nil, description: "The server does not answer: \(reason(of: error)).")
        }
        try await check(response)
        return Data(try await response.body.collect(upTo: 512 << 20).readableBytesView)
    }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    private func check(_ response: HTTPClientResponse) async throws {
        guard !(200..<300).contains(response.status.code) else { return }
        let body = try await response.body.collect(upTo: 1 << 20)
        let problem = try? JSONLine.decode(Problem.self, from: Data(body.readableBytesView))
        if problem == nil, let named {
            throw Failure(
                status: Int(response.status.code),
                description:
                    "What answers at \(named.text), which SAM_URL names, is no SAM: it answered \(response.status.code). \(named.remedy)")
        }
        throw Failure(
            status: Int(response.status.code),
            description: problem?.detail ?? "The server answered \(response.status.code).", code: problem?.code)
    }
}
