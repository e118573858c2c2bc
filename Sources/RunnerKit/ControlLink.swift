import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// The runner's client of the control plane: HTTP over its Unix socket, or over TLS from another machine, with the runner's token.
struct ControlLink: Sendable {
    /// The reason why a call failed.
    enum Failure: Error {
        /// The control plane did not answer, or not intelligibly: retry later.
        case unavailable(String)
        /// This attempt is over: another one, or salvage, has replaced it. Only ``FencedProblem`` says so.
        case fenced
        /// The control plane refused the request with this status: the same request is refused again.
        case refused(UInt)
    }

    /// The longest line, in bytes: a prompt of 1 MiB whose characters are all escaped, and its images in base64.
    private static let commandLimit = 6 << 20 + PromptImage.totalLimit / 3 * 4 + 1 << 20

    /// The longest configuration, in bytes: it has the agent's files and what an earlier session left to tell.
    private static let configurationLimit = 16 << 20

    private let client: HTTPClient
    private let origin: String
    private let token: String
    private let answered: @Sendable () -> Void

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - place: names the control socket, or the server on another machine.
    ///   - answered: called for each answer that is a success.
    /// - Throws: ``RunnerPlace/InvalidServer``.
    init(client: HTTPClient, place: RunnerPlace, token: String, answered: @escaping @Sendable () -> Void) throws {
        self.client = client
        self.token = token
        self.answered = answered
        guard let server = place.server else {
            let socket = place.controlSocket
            origin = "http+unix://\(socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? socket)"
            return
        }
        guard let address = RemoteSocket.Server(server.address) else { throw RunnerPlace.InvalidServer(address: server.address) }
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        origin = "https://\(host):\(address.port)"
    }

    /// The settings of the HTTP client for a place.
    ///
    /// - Throws: if the certificates that the place trusts can't be read.
    static func configuration(for place: RunnerPlace) throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        if let roots = place.server?.trustRoots {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(roots))]
            configuration.tlsConfiguration = tls
        }
        return configuration
    }

    /// Delivers events.
    ///
    /// - Parameter events: JSON objects separated by commas.
    /// - Returns: the number up to which all events are stored.
    func deliver(_ events: Data) async throws(Failure) -> Int {
        let body = Data("{\"events\":[".utf8) + events + Data("]}".utf8)
        let answer = try await call(.POST, "/events", body: body)
        guard let receipt = try? JSONLine.decode(EventReceipt.self, from: answer) else {
            throw .unavailable("the answer is not a receipt")
        }
        return receipt.acknowledged
    }

    /// Reports that the runner is alive and what its agent uses.
    func beat(_ heartbeat: Heartbeat?) async throws(Failure) {
        _ = try await call(.POST, "/heartbeat", body: heartbeat.flatMap { try? JSONLine.encode($0) } ?? Data())
    }

    /// Fetches what to run.
    func configuration() async throws(Failure) -> RunnerConfiguration {
        let answer = try await call(.GET, "/configuration", body: Data(), limit: Self.configurationLimit)
        do {
            return try JSONLine.decode(RunnerConfiguration.self, from: answer)
        } catch {
            throw .unavailable("the answer is no configuration: \(error)")
        }
    }

    /// Fetches the content of the agent's sign-in file.
    func signIn() async throws(Failure) -> String {
        let answer = try await call(.GET, "/sign-in", body: Data())
        guard let signIn = try? JSONLine.decode(SignInContent.self, from: answer) else {
            throw .unavailable("the answer is not a sign-in")
        }
        return signIn.content
    }

    /// Sends the agent's sign-in file in its current state.
    ///
    /// - Returns: whether it is now the stored one. If not, the control plane has notified the users concerned.
    func sync(_ body: CredentialSync, of session: SessionID) async throws(Failure) -> Bool {
        guard let body = try? JSONLine.encode(body) else { throw .unavailable("the file's content can't be sent") }
        let answer = try await call(.POST, "/api/v1/sessions/\(session.rawValue)/credential-sync", body: body, under: "")
        guard let answer = try? JSONLine.decode(CredentialSyncAnswer.self, from: answer) else {
            throw .unavailable("the answer can't be decoded")
        }
        return answer.success
    }

    /// Receives the commands after this number until the connection breaks.
    func followCommands(after last: Int, _ receive: (NumberedCommand) async -> Void) async throws(Failure) {
        do {
            var request = request(.GET, "/runner/v1/commands")
            request.headers.add(name: "last-event-id", value: String(last))
            let response = try await client.execute(request, deadline: .distantFuture)
            try await check(response)
            var lines = LineSplitter(limit: Self.commandLimit)
            for try await buffer in response.body {
                for line in try lines.append(buffer.readableBytesView) where line.starts(with: Data("data: ".utf8)) {
                    await receive(try JSONLine.decode(from: Data(line.dropFirst(6))))
                }
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private func call(
        _ method: HTTPMethod, _ path: String, body: Data, under base: String = "/runner/v1", limit: Int = 1 << 20
    ) async throws(Failure) -> Data {
        do {
            var request = request(method, base + path)
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
            let response = try await client.execute(request, timeout: .seconds(15))
            try await check(response)
            return Data(try await response.body.collect(upTo: limit).readableBytesView)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: origin + path)
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        return request
    }

    private func check(_ response: HTTPClientResponse) async throws {
        let status = response.status.code
        let contentType = response.headers.first(name: "content-type")
        var body = ByteBuffer()
        // Only SAM's own body is read: a proxy's may have no end. Problem details are short.
        if !(200..<300).contains(status), ControlAnswer.isProblem(contentType) {
            body = (try? await response.body.collect(upTo: 64 << 10)) ?? body
        }
        let failure = ControlAnswer.failure(status: status, contentType: contentType, body: Data(body.readableBytesView))
        if let failure { throw failure }
        answered()
    }
}
