import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Wording

/// An HTTP client of one server, for one token. It can be used from several tasks at once.
public struct APIClient: Sendable {
    /// The server refused the request or could not be reached.
    public struct Failure: Error, CustomStringConvertible {
        /// The HTTP status; `nil` if there was no answer.
        public var status: Int?
        /// A sentence for a person.
        public var description: String
        /// The failure's code from the server, such as `credentialBlocked`.
        public var code: String?

        /// Creates a failure.
        public init(status: Int?, description: String, code: String? = nil) {
            self.status = status
            self.description = description
            self.code = code
        }
    }

    /// Returns the sentence for an obstacle; `nil` for the client's own.
    public typealias Explanation = @Sendable (APIObstacle) async -> String?

    private let client: HTTPClient
    private let base: String
    private let token: String?
    private let explanation: Explanation
    private let onSilence: @Sendable () -> Void

    /// Creates a client. Close it after the last call.
    ///
    /// - Parameters:
    ///   - base: `http://…`, or `http+unix://` with the socket's percent-encoded path.
    ///   - token: the API token.
    ///   - explanation: the sentences of the program that uses it.
    ///   - onSilence: called when a call was not answered for ``silence``.
    public init(
        base: String, token: String?, explanation: @escaping Explanation = { _ in nil }, onSilence: @escaping @Sendable () -> Void = {}
    ) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        client = HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
        self.base = base
        self.token = token
        self.explanation = explanation
        self.onSilence = onSilence
    }

    /// A client of the server that listens on a socket of this machine.
    ///
    /// - Parameter socket: the path of the socket.
    public init(
        socket: String, token: String?, explanation: @escaping Explanation = { _ in nil }, onSilence: @escaping @Sendable () -> Void = {}
    ) {
        let host = socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? socket
        self.init(base: "http+unix://\(host)", token: token, explanation: explanation, onSilence: onSilence)
    }

    /// Ends the connections.
    public func close() async {
        // It fails only when it is closed twice.
        try? await client.shutdown()
    }

    // MARK: - Calls

    /// Reads a resource.
    ///
    /// - Parameter timeout: how long the server may take to answer.
    /// - Throws: ``Failure``; `DecodingError` for an answer of another form.
    public func get<Answer: Decodable>(
        _ path: String, as type: Answer.Type = Answer.self, timeout: TimeAmount = .seconds(120)
    ) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(.GET, path, body: nil, timeout: timeout))
    }

    /// A complete body that is not JSON.
    ///
    /// - Throws: ``Failure``.
    public func bytes(_ path: String) async throws -> Data {
        try await call(.GET, path, body: nil)
    }

    /// Sends a body, and returns the server's answer.
    ///
    /// - Throws: ``Failure``; `DecodingError` for an answer of another form.
    public func send<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, _ body: some Encodable, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(method, path, body: try JSONLine.encode(body)))
    }

    /// Posts nothing, and returns the server's answer.
    ///
    /// - Throws: ``Failure``; `DecodingError` for an answer of another form.
    public func post<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(.POST, path, body: nil))
    }

    /// Posts nothing.
    ///
    /// - Throws: ``Failure``.
    public func post(_ path: String) async throws {
        _ = try await call(.POST, path, body: nil)
    }

    /// Removes something, and returns the server's report.
    ///
    /// - Throws: ``Failure``; `DecodingError` for an answer of another form.
    public func remove<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try JSONLine.decode(type, from: try await call(.DELETE, path, body: nil))
    }

    /// Removes something.
    ///
    /// - Throws: ``Failure``.
    public func delete(_ path: String) async throws {
        _ = try await call(.DELETE, path, body: nil)
    }

    /// Receives the events after a number until the stream ends.
    ///
    /// - Parameter opened: called once the server has answered.
    /// - Throws: if the connection breaks; the caller then continues from the last number.
    public func follow(
        _ path: String, after last: Int, opened: () async -> Void = {}, receive: (Data) async throws -> Void
    ) async throws {
        var request = try request(.GET, path)
        request.headers.add(name: "last-event-id", value: String(last))
        let response = try await client.execute(request, deadline: .distantFuture)
        try await check(response)
        await opened()
        var reader = EventReader()
        for try await buffer in response.body {
            for event in try reader.append(buffer.readableBytesView) { try await receive(event.data) }
        }
    }

    /// Whether a server of SAM's answers, be it with a refusal.
    public func isAnswered() async -> Bool {
        guard let request = try? request(.GET, "/api/v1/server"), let answer = try? await client.execute(request, timeout: .seconds(3))
        else { return false }
        return answer.status == .ok || answer.headers.first(name: "content-type") == "application/problem+json"
    }

    // MARK: - Parts of a call

    /// How long a server is waited for in silence.
    public static let silence = Duration.seconds(10)

    private func call(_ method: HTTPMethod, _ path: String, body: Data?, timeout: TimeAmount = .seconds(700)) async throws -> Data {
        var request = try request(method, path)
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let note = Task {
            try await Task.sleep(for: Self.silence)
            onSilence()
        }
        defer { note.cancel() }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: timeout)
        } catch {
            throw await failure(.unreachable(error), status: nil, "The server does not answer: \(reason(of: error)).")
        }
        try await check(response)
        return Data(try await response.body.collect(upTo: 512 << 20).readableBytesView)
    }

    private func request(_ method: HTTPMethod, _ path: String) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + (try APIPath(path)).text)
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    private func check(_ response: HTTPClientResponse) async throws {
        guard !(200..<300).contains(response.status.code) else { return }
        let status = Int(response.status.code)
        let body = try await response.body.collect(upTo: 1 << 20)
        guard let problem = try? JSONLine.decode(Problem.self, from: Data(body.readableBytesView)) else {
            throw await failure(
                response.status == .notFound ? .noSuchPath(isSAM: false) : .notSAM(status: status), status: status,
                "The server answered \(status).")
        }
        switch response.status {
        // The router's own words for a path that SAM does not serve.
        case .notFound where problem.detail == HTTPResponseStatus.notFound.reasonPhrase:
            throw await failure(.noSuchPath(isSAM: true), status: status, problem.detail)
        case .unauthorized:
            let isDisabled = problem.code == Problem.userDisabled
            throw await failure(
                .tokenRefused(problem.detail, isDisabled: isDisabled), status: status, problem.detail, code: problem.code)
        default:
            throw Failure(status: status, description: problem.detail, code: problem.code)
        }
    }

    private func failure(_ obstacle: APIObstacle, status: Int?, _ sentence: String, code: String? = nil) async -> Failure {
        Failure(status: status, description: await explanation(obstacle) ?? sentence, code: code)
    }
}
