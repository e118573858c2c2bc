import AgentProtocol
import Foundation
import Hummingbird
import NIOCore
import NIOHTTP1
import TestSupport
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

    /// Where it is reached.
    private(set) var url = ""
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

    private func respond(_ request: HTTPStub.Request) async -> (status: Int, body: String) {
        switch request.uri {
        case "/oauth/token": return await refresh(request.body)
        case "/backend/responses": return model(request)
        default: return (404, "{}")
        }
    }

    private func model(_ request: HTTPStub.Request) -> (status: Int, body: String) {
        let bearer = request.headers["authorization"].joined(separator: ", ").replacing("Bearer ", with: "")
        requests.append(Request(bearer: bearer, account: request.headers.first(name: "chatgpt-account-id")))
        let fields: JSONValue = (try? JSONLine.decode(from: request.body)) ?? .null
        return acceptsAnything && bearer == accepted ? (200, fields["stream"] == true ? Self.stream : Self.answer) : (401, Self.rejection)
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
        let fields: JSONValue = (try? JSONLine.decode(from: body)) ?? .null
        let token = fields["refresh_token"]?.string ?? ""
        #expect(fields["grant_type"] == "refresh_token" && fields["client_id"] == "app_EMoamEEZ73f0CkXaXp7hrann")
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

    private func answered(_ request: HTTPStub.Request) async {
        if request.uri == "/oauth/token" { await acts[.answered]?() }
    }

    // MARK: - Connections

    /// Runs a test's body with a server, which is gone afterwards.
    static func with<Result>(_ body: (TokenServer) async throws -> Result) async throws -> Result {
        let server = TokenServer()
        return try await HTTPStub.with({ await server.response(to: $0) }) { url in
            await server.listen(at: url)
            return try await body(server)
        }
    }

    private func listen(at url: String) { self.url = url }

    private func response(to request: HTTPStub.Request) async -> Response {
        let answer = await respond(request)
        let isPage = answer.body.hasPrefix("<")
        let type = answer.body.hasPrefix("event:") ? "text/event-stream" : isPage ? "text/html" : "application/json"
        let body = ResponseBody(contentLength: answer.body.utf8.count) { writer in
            try await writer.write(ByteBuffer(string: answer.body))
            // The client has the whole body now, and may be gone before the end is written.
            await self.answered(request)
            try await writer.finish(nil)
        }
        return Response(status: .init(code: answer.status), headers: [.contentType: type], body: body)
    }
}
