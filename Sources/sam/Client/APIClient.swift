import AgentProtocol
import AsyncHTTPClient
import ControlPlane
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Wording
import Workspaces

/// The command line's HTTP client of a server.
struct APIClient: Sendable {
    /// The server refused the request or could not be reached.
    struct Failure: Error, CustomStringConvertible {
        var status: Int?
        var description: String
        /// The failure's code from the server, such as `credentialBlocked`.
        var code: String?
    }

    private let client: HTTPClient
    private let base: String
    private let token: APIToken
    /// The address that a person named; `nil` for the server of this machine.
    private let named: ServerAddress?

    /// - Parameters:
    ///   - base: `http://…`, or `http+unix://` with the socket's percent-encoded path.
    ///   - token: the API token.
    private init(base: String, token: APIToken, named: ServerAddress? = nil) {
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
    init(_ address: ServerAddress, token: APIToken) {
        self.init(base: address.text, token: token, named: address)
    }

    /// A client for the server on this machine with this home.
    init(home: Home, token: APIToken) {
        let socket = home.controlSocket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? home.controlSocket
        self.init(base: "http+unix://\(socket)", token: token)
    }

    func close() async {
        try? await client.shutdown()
    }

    // MARK: - Calls

    /// - Parameter timeout: how long the server may take to answer.
    func get<Answer: Decodable>(
        _ path: String, as type: Answer.Type = Answer.self, timeout: TimeAmount = .seconds(120)
    ) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(.GET, path, body: nil, timeout: timeout))
    }

    /// A complete body that is not JSON.
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

    /// Removes something, and returns the server's report.
    func remove<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(.DELETE, path, body: nil))
    }

    func delete(_ path: String) async throws {
        _ = try await call(.DELETE, path, body: nil)
    }

    /// Receives server-sent events after a number until the stream ends.
    ///
    /// - Parameter opened: called once the server has answered.
    /// - Throws: if the connection breaks; the caller then continues from the last number.
    func follow(
        _ path: String, after last: Int, opened: () async -> Void = {}, receive: (Data) async throws -> Void
    ) async throws {
        var request = try request(.GET, path)
        request.headers.add(name: "last-event-id", value: String(last))
        let response = try await client.execute(request, deadline: .distantFuture)
        try await check(response)
        await opened()
        var lines = LineSplitter(limit: 16 << 20)
        for try await buffer in response.body {
            for line in try lines.append(buffer.readableBytesView) where line.starts(with: Data("data: ".utf8)) {
                try await receive(Data(line.dropFirst(6)))
            }
        }
    }

    // MARK: - Helpers

    /// How long a server is waited for in silence.
    static let silence = Duration.seconds(10)

    private func call(_ method: HTTPMethod, _ path: String, body: Data?, timeout: TimeAmount = .seconds(700)) async throws -> Data {
        var request = try request(method, path)
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let note = Task {
            try await Task.sleep(for: Self.silence)
            Terminal.warn(
                "! The server has not answered for \(Self.silence.components.seconds) s. It is busy, or stopped; Ctrl-C ends the wait.")
        }
        defer { note.cancel() }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: timeout)
        } catch {
            if let named {
                throw Failure(status: nil, description: await unreachable(named))
            }
            throw Failure(status: nil, description: "The server does not answer: \(reason(of: error)).")
        }
        try await check(response)
        return Data(try await response.body.collect(upTo: 512 << 20).readableBytesView)
    }

    /// Why nothing answers at an address that a person named, and the next step.
    private func unreachable(_ named: ServerAddress) async -> String {
        if let plain = named.plain, await isServer(plain) {
            return """
                What answers at \(named.text), which SAM_URL names, speaks no TLS. A server of SAM's speaks plain HTTP, and TLS only behind a \
                proxy: SAM_URL=\(plain)
                """
        }
        return "No server answers at \(named.text), which SAM_URL names. \(named.remedy)"
    }

    /// Whether a server of SAM's answers at an address. It is asked without the token, which anyone on the way could read.
    private func isServer(_ address: String) async -> Bool {
        let answer = try? await client.execute(HTTPClientRequest(url: address + "/api/v1/server"), timeout: .seconds(3))
        return answer?.status == .unauthorized && answer?.headers.first(name: "content-type") == "application/problem+json"
    }

    private func request(_ method: HTTPMethod, _ path: String) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + (try APIPath(path)).text)
        request.method = method
        if let token = token.value { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    private func check(_ response: HTTPClientResponse) async throws {
        guard !(200..<300).contains(response.status.code) else { return }
        let body = try await response.body.collect(upTo: 1 << 20)
        let problem = try? JSONLine.decode(Problem.self, from: Data(body.readableBytesView))
        // The router's own words for a path that SAM does not serve.
        let isNoPlace = response.status == .notFound && (problem == nil || problem?.detail == HTTPResponseStatus.notFound.reasonPhrase)
        if isNoPlace, let named, let root = named.root {
            throw Failure(
                status: Int(response.status.code),
                description: """
                    No SAM is at \(named.text), which SAM_URL names. Leave the path out: SAM_URL=\(root). A path is right \
                    only where a proxy serves SAM below it.
                    """)
        }
        if problem == nil, let named {
            throw Failure(
                status: Int(response.status.code),
                description:
                    "What answers at \(named.text), which SAM_URL names, is no SAM: it answered \(response.status.code). \(named.remedy)")
        }
        let detail = problem?.detail ?? "The server answered \(response.status.code)."
        throw Failure(
            status: Int(response.status.code),
            description: response.status == .unauthorized
                ? token.refusal(detail, isDisabled: problem?.code == Problem.userDisabled) : detail,
            code: problem?.code)
    }
}
