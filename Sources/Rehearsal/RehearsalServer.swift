import AgentProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// The scripted provider as a server on a Unix socket. Stateless: a conversation is what a request says it is.
public struct RehearsalServer: Sendable {
    private let script: String

    /// The most that a request may have. Prompts grow with a conversation.
    private static let bodyLimit = 64 << 20

    /// Makes a server.
    ///
    /// - Parameter script: the path of a script, read at each request; the built-in one is played where there is none.
    public init(script: String) {
        self.script = script
    }

    /// The server as an application.
    ///
    /// - Parameter socket: the path of the Unix socket on which it listens.
    public func application(socket: String, logger: Logger) -> some ApplicationProtocol {
        let router = Router()
        router.get("**") { request, _ in models(request) }
        router.post("**") { request, _ in try await answer(request) }
        return Application(
            router: router, configuration: .init(address: .unixDomainSocket(path: socket), serverName: "sam-rehearsal"), logger: logger)
    }

    private func models(_ request: Request) -> Response {
        guard request.uri.path.hasSuffix("/models") else { return Self.json(["error": ["message": "Nothing is here."]], status: 404) }
        return Self.json(
            [
                "object": "list", "has_more": false,
                "data": [["id": .string(Reply.model), "object": "model", "type": "model", "display_name": "Rehearsal", "created": 0]],
            ])
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = Data(try await request.body.collect(upTo: Self.bodyLimit).readableBytesView)
        let path = request.uri.path
        if path.hasSuffix("/messages/count_tokens") { return Self.json(["input_tokens": .integer(body.count / 4 + 1)]) }
        let api: WireAPI? =
            path.hasSuffix("/messages")
            ? .messages : path.hasSuffix("/chat/completions") ? .chat : path.hasSuffix("/responses") ? .responses : nil
        guard let api else { return Self.json(["error": ["message": "The rehearsal does not play \(path)."]], status: 404) }
        guard let question = api.question(body) else {
            return Self.json(api.error(PlayedError(status: 400, message: "This is no request of this kind.")), status: 400)
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

    /// Twelve letters and digits.
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

    /// A stream that is cut has no end: the connection breaks.
    private struct Cut: Error {}

    private static func json(_ value: JSONValue, status: Int = 200) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: (try? JSONLine.text(value)) ?? "{}")))
    }
}
