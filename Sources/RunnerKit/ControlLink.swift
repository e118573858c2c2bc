import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The runner's line to the control plane: a Unix socket, spoken over HTTP, with the runner's token.
struct ControlLink: Sendable {
    /// Why a call came to nothing.
    enum Failure: Error {
        /// Nobody answers, or the answer makes no sense: try again later.
        case unavailable(String)
        /// This attempt is over: another, or salvage, has taken its place.
        case fenced
        /// What was sent is not taken, now or later.
        case refused(UInt)
    }

    /// A prompt of 1 MiB whose every character is escaped, and its images in base64.
    private static let commandLimit = 6 << 20 + PromptImage.totalLimit / 3 * 4 + 1 << 20

    private let client: HTTPClient
    private let origin: String
    private let token: String

    init(client: HTTPClient, socket: String, token: String) {
        self.client = client
        let host = socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? socket
        origin = "http+unix://\(host)"
        self.token = token
    }

    /// Delivers events.
    ///
    /// - Parameter events: JSON objects separated by commas.
    /// - Returns: the number up to which everything is stored.
    func deliver(_ events: Data) async throws(Failure) -> Int {
        let body = Data("{\"events\":[".utf8) + events + Data("]}".utf8)
        let answer = try await call(.POST, "/events", body: body)
        guard let receipt = try? JSONLine.decode(EventReceipt.self, from: answer) else {
            throw .unavailable("the answer is no receipt")
        }
        return receipt.acknowledged
    }

    /// Tells that the runner is alive, and what its agent does.
    func beat(_ heartbeat: Heartbeat?) async throws(Failure) {
        _ = try await call(.POST, "/heartbeat", body: heartbeat.flatMap { try? JSONLine.encode($0) } ?? Data())
    }

    /// What goes into the agent's sign-in file.
    func signIn() async throws(Failure) -> String {
        let answer = try await call(.GET, "/sign-in", body: Data())
        guard let signIn = try? JSONLine.decode(SignInContent.self, from: answer) else {
            throw .unavailable("the answer is no sign-in")
        }
        return signIn.content
    }

    /// Sends the agent's sign-in file back as it stands.
    ///
    /// - Returns: whether it is what is stored now. Where it is not, the control plane has told whom it concerns.
    func sync(_ body: CredentialSync, of session: SessionID) async throws(Failure) -> Bool {
        guard let body = try? JSONLine.encode(body) else { throw .unavailable("the file's content can't be sent") }
        let answer = try await call(.POST, "/api/v1/sessions/\(session.rawValue)/credential-sync", body: body, under: "")
        guard let answer = try? JSONLine.decode(CredentialSyncAnswer.self, from: answer) else {
            throw .unavailable("the answer is none")
        }
        return answer.success
    }

    /// Follows the commands after a number until the line breaks.
    func followCommands(after last: Int, _ receive: (NumberedCommand) async -> Void) async throws(Failure) {
        do {
            var request = request(.GET, "/runner/v1/commands")
            request.headers.add(name: "last-event-id", value: String(last))
            let response = try await client.execute(request, deadline: .distantFuture)
            try check(response.status.code)
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
        _ method: HTTPMethod, _ path: String, body: Data, under base: String = "/runner/v1"
    ) async throws(Failure) -> Data {
        do {
            var request = request(method, base + path)
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
            let response = try await client.execute(request, timeout: .seconds(15))
            try check(response.status.code)
            return Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
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

    private func check(_ status: UInt) throws(Failure) {
        switch status {
        case 200..<300: return
        // An attempt that is over, a token that is dead, a session that was removed: nobody waits for this runner.
        case 401, 403, 404, 409, 410: throw .fenced
        case 400, 413: throw .refused(status)
        default: throw .unavailable("the control plane answered \(status)")
        }
    }
}
