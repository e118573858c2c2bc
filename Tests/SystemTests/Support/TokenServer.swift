import AgentProtocol
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

/// ChatGPT on this machine: `/backend/responses`, which the newest access token alone opens, and `/oauth/token`, where each refresh token
/// is good once. One that comes a second time ends the whole family.
actor TokenServer {
    /// Points of a refresh at which a test can do something.
    enum Stage: String, CaseIterable, Sendable {
        /// The request has come, and nothing is spent.
        case arrived
        /// The token is spent, and nothing is answered.
        case rotated
        /// The new tokens have gone out.
        case answered
    }

    /// What a request for a model came with.
    struct Request: Sendable {
        var bearer: String
        var account: String?
    }

    nonisolated let url: String
    /// How often tokens were asked for.
    private(set) var calls = 0
    /// How many of these calls have ended.
    private(set) var ended = 0
    /// Whether a spent token came again.
    private(set) var isRevoked = false
    private(set) var requests: [Request] = []
    private(set) var newest = SignInTokens(expiresIn: 0)
    /// Every token that was ever given out.
    private(set) var secrets: [String] = []
    private var good: Set<String> = []
    private var spent: Set<String> = []
    private var accepted: String?
    private var acceptsAnything = true
    private var refusal: (status: Int, body: String)?
    private var acts: [Stage: @Sendable () async -> Void] = [:]

    private init(port: Int) {
        url = "http://127.0.0.1:\(port)"
    }

    // MARK: - What a test does

    /// A person signs in.
    @discardableResult
    func signIn(expiresIn seconds: Int, of life: Int = 36_000) -> SignInTokens {
        newest = SignInTokens(expiresIn: seconds, of: life)
        secrets += newest.secrets
        good.insert(newest.refresh)
        accepted = seconds > 0 ? newest.access : nil
        return newest
    }

    /// Refuses the access token that is out there, though it has not run out.
    func reject() { accepted = nil }

    /// Refuses every access token, whatever is refreshed.
    func rejectAll() { acceptsAnything = false }

    /// Answers who asks for tokens like this; `nil` for tokens. `{token}` stands for the token that came.
    func refusing(_ answer: (status: Int, body: String)?) { refusal = answer }

    /// Does something at a point of each refresh from now on.
    func at(_ stage: Stage, _ act: @escaping @Sendable () async -> Void) { acts[stage] = act }

    // MARK: - Answers

    private func respond(_ head: HTTPRequestHead, _ body: Data) async -> (status: Int, body: String) {
        switch head.uri {
        case "/oauth/token": return await refresh(body)
        case "/backend/responses": return model(head, body)
        default: return (404, "{}")
        }
    }

    private func model(_ head: HTTPRequestHead, _ body: Data) -> (status: Int, body: String) {
        let bearer = head.headers["authorization"].joined(separator: ", ").replacing("Bearer ", with: "")
        requests.append(Request(bearer: bearer, account: head.headers.first(name: "chatgpt-account-id")))
        let wish: JSONValue = (try? JSONLine.decode(from: body)) ?? .null
        return acceptsAnything && bearer == accepted ? (200, wish["stream"] == true ? Self.stream : Self.answer) : (401, Self.rejection)
    }

    /// What Codex is answered: one message.
    private static let stream = """
        event: response.created
        data: {"type":"response.created","response":{"id":"resp_1"}}

        event: response.output_item.done
        data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant",\
        "content":[{"type":"output_text","text":"Hello from ChatGPT."}]}}

        event: response.completed
        data: {"type":"response.completed","response":{"id":"resp_1","usage":{"input_tokens":10,"output_tokens":20,"total_tokens":30}}}


        """

    static let answer = """
        {"id":"resp_1","object":"response","status":"completed","model":"gpt-5","output":[],"usage":{"input_tokens":10,"output_tokens":20}}
        """
    static let rejection = #"{"error":{"message":"Provided authentication token is expired.","code":"token_expired"}}"#

    private func refresh(_ body: Data) async -> (status: Int, body: String) {
        calls += 1
        defer { ended += 1 }
        let wish: JSONValue = (try? JSONLine.decode(from: body)) ?? .null
        let token = wish["refresh_token"]?.string ?? ""
        #expect(wish["grant_type"] == "refresh_token" && wish["client_id"] == "app_EMoamEEZ73f0CkXaXp7hrann")
        await acts[.arrived]?()
        if let refusal { return (refusal.status, refusal.body.replacing("{token}", with: token)) }
        guard good.remove(token) != nil else {
            if spent.contains(token) {
                isRevoked = true
                good = []
                accepted = nil
            }
            return (401, #"{"error":{"message":"Your refresh token was already used.","code":"refresh_token_reused"}}"#)
        }
        spent.insert(token)
        let new = signIn(expiresIn: 36_000)
        await acts[.rotated]?()
        return (200, #"{"access_token":"\#(new.access)","refresh_token":"\#(new.refresh)","token_type":"Bearer"}"#)
    }

    private func answered(_ head: HTTPRequestHead) async {
        if head.uri == "/oauth/token" { await acts[.answered]?() }
    }

    // MARK: - Connections

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Runs a test's body with a server, which is gone afterwards.
    static func with<Result>(_ body: (TokenServer) async throws -> Result) async throws -> Result {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let server = TokenServer(port: listener.channel.localAddress?.port ?? 0)
        // It ends when it is cancelled, and that is no mistake.
        let serving = Task { try? await server.serve(listener) }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(server))
        } catch {
            outcome = .failure(error)
        }
        serving.cancel()
        await serving.value
        return try outcome.get()
    }

    private nonisolated func serve(_ listener: NIOAsyncChannel<Connection, Never>) async throws {
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    // Whoever breaks a connection off ends it for both.
                    group.addTask { try? await self.attend(connection) }
                }
            }
        }
    }

    private nonisolated func attend(_ connection: Connection) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var request: (head: HTTPRequestHead, body: Data)?
            for try await part in inbound {
                switch part {
                case .head(let head): request = (head, Data())
                case .body(let buffer): request?.body.append(contentsOf: buffer.readableBytesView)
                case .end:
                    guard let (head, body) = request else { return }
                    let answer = await respond(head, body)
                    let type = answer.body.hasPrefix("event:") ? "text/event-stream" : "application/json"
                    let headers: HTTPHeaders = ["content-type": type, "content-length": "\(answer.body.utf8.count)"]
                    // At once: who has the whole body may be gone before an end of its own could be written.
                    try await outbound.write(
                        contentsOf: [
                            .head(.init(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)),
                            .body(.byteBuffer(ByteBuffer(string: answer.body))), .end(nil),
                        ])
                    await answered(head)
                }
            }
        }
    }
}
