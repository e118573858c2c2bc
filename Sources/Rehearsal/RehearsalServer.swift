import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Limits
import Logging
import NIOCore

/// The scripted provider as a server on a Unix socket. Stateless: each request contains its whole conversation.
public struct RehearsalServer: Sendable {
    private let script: String

    /// The largest body of a request, in bytes. Prompts grow with a conversation.
    private static let bodyLimit = 32 << 20
    /// The most bytes that all requests together may hold until they are answered.
    private static let heldLimit = 64 << 20

    /// Creates a server.
    ///
    /// - Parameter script: the path of a script, read at each request; the built-in one is played when there is no such file.
    public init(script: String) {
        self.script = script
    }

    /// The server as an application.
    ///
    /// - Parameters:
    ///   - socket: the path of the Unix socket on which it listens.
    ///   - server: builds the server's connections.
    ///   - held: counts the bytes held for requests.
    ///   - onServerRunning: called with the listening channel.
    public func application(
        socket: String, server: HTTPServerBuilder, held: HeldBytes, onServerRunning: @escaping @Sendable (any Channel) async -> Void,
        logger: Logger
    ) -> some ApplicationProtocol {
        let router = Router()
        router.get("**") { request, _ in models(request) }
        router.post("**") { request, _ in try await answer(request, held) }
        return Application(
            router: router, server: server,
            configuration: .init(address: .unixDomainSocket(path: socket), serverName: "sam-rehearsal"),
            onServerRunning: onServerRunning, logger: logger)
    }

    private func models(_ request: Request) -> Response {
        guard request.uri.path.hasSuffix("/models") else { return Self.json(["error": ["message": "Nothing is here."]], status: 404) }
        return Self.json(
            [
                "object": "list", "has_more": false,
                "data": [["id": .string(Reply.model), "object": "model", "type": "model", "display_name": "Rehearsal", "created": 0]],
            ])
    }

    /// Reads the body; `nil` when there is no room for it.
    private func read(_ request: Request, _ hold: Hold) async throws -> Data? {
        var whole = ByteBuffer()
        for try await var part in request.body {
            guard whole.readableBytes + part.readableBytes <= Self.bodyLimit else { throw HTTPError(.contentTooLarge) }
            guard hold.add(part.readableBytes) else { return nil }
            whole.writeBuffer(&part)
        }
        return Data(whole.readableBytesView)
    }

    /// An answer to a request that is not played.
    private struct Early: Error {
        var response: Response
    }

    /// Parses the request and returns its API. The body is released when this returns.
    private func question(_ request: Request, _ hold: Hold) async throws -> (WireAPI, Question) {
        let path = request.uri.path
        let api: WireAPI? =
            path.hasSuffix("/messages")
            ? .messages : path.hasSuffix("/chat/completions") ? .chat : path.hasSuffix("/responses") ? .responses : nil
        guard let body = try await read(request, hold) else {
            let error = (api ?? .messages).error(PlayedError(status: 503, message: LimitReason.memory.sentence))
            throw Early(response: Self.json(error, status: 503))
        }
        if path.hasSuffix("/messages/count_tokens") {
            throw Early(response: Self.json(["input_tokens": .integer(body.count / 4 + 1)]))
        }
        guard let api else {
            throw Early(response: Self.json(["error": ["message": "The rehearsal does not play \(path)."]], status: 404))
        }
        guard let question = api.question(body) else {
            throw Early(response: Self.json(api.error(PlayedError(status: 400, message: "The request is invalid.")), status: 400))
        }
        return (api, question)
    }

    private func answer(_ request: Request, _ held: HeldBytes) async throws -> Response {
        // The parsed request can be as large as its body, and exists until it is answered.
        let hold = held.hold(for: "rehearsal", limit: Self.heldLimit)
        defer { hold.end() }
        let (api, question): (WireAPI, Question)
        do {
            (api, question) = try await self.question(request, hold)
        } catch let early as Early {
            return early.response
        }
        let turn: Turn
        do {
            turn = try Script(file: script).turn(for: question)
        } catch {
            return Self.json(api.error(PlayedError(status: 400, message: "The script can't be played. \(error.message)")), status: 400)
        }
        if let stall = turn.stall { try await Task.sleep(for: .seconds(stall)) }
        if let error = turn.error {
            var response = Self.json(api.error(error), status: error.status)
            if let seconds = error.retryAfter, let name = HTTPField.Name("retry-after") { response.headers[name] = String(seconds) }
            return response
        }
        let id = Self.id()
        let reply = Reply(turn, question)
        guard question.isStream else { return Self.json(api.answer(reply, id: id)) }
        return Self.stream(api.events(reply, id: id, question), turn)
    }

    /// Twelve random letters and digits.
    private static func id() -> String {
        String(UInt64.random(in: (1 << 58)...(1 << 61)), radix: 36)
    }

    private static func stream(_ events: [WireEvent], _ turn: Turn) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache"],
            body: ResponseBody { writer in
                for (number, event) in events.enumerated() {
                    if number == turn.cut { throw Cut() }
                    if let between = turn.between { try await Task.sleep(for: .seconds(between)) }
                    try await writer.write(ByteBuffer(string: event.line))
                }
                try await writer.finish(nil)
            })
    }

    /// Breaks the connection off, so that a cut stream has no end.
    private struct Cut: Error {}

    private static func json(_ value: JSONValue, status: Int = 200) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: (try? JSONLine.text(value)) ?? "{}")))
    }
}
