import Credentials
import Foundation
import NIOHTTP1
import Testing
import Vault

@testable import Gateway

@Suite("What an answer to a refresh means")
struct TokenAnswerTests {
    /// An outcome without the words for people.
    enum Verdict: Hashable, Sendable {
        case renewed(access: String, refresh: String?)
        case refused(String)
        /// After how many milliseconds it asks to be asked again.
        case notNow(Int64?)
        case unknown
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var status: Int
        var type: String?
        var body: String
        var retryAfter: String?
        var verdict: Verdict

        init(_ status: Int, _ type: String?, _ body: String, retryAfter: String? = nil, _ verdict: Verdict) {
            (self.status, self.type, self.body, self.retryAfter, self.verdict) = (status, type, body, retryAfter, verdict)
        }

        var testDescription: String { "\(status) \(type ?? "-") \(body.prefix(60)) \(retryAfter ?? "")" }
    }

    static let json = "application/json"
    static let html = "text/html; charset=utf-8"
    static let page = "<!DOCTYPE html><title>Sign in to the network</title>"

    static let tokens = [
        Case(200, json, #"{"access_token":"a","refresh_token":"r"}"#, .renewed(access: "a", refresh: "r")),
        Case(200, json, #"{"access_token":"a"}"#, .renewed(access: "a", refresh: nil)),
        Case(200, json, #"{"access_token":"a","refresh_token":null,"id_token":null}"#, .renewed(access: "a", refresh: nil)),
        Case(200, json, #"{"access_token":"a","refresh_token":""}"#, .renewed(access: "a", refresh: nil)),
        Case(201, nil, #" {"access_token":"a","refresh_token":"r","x":1}"#, .renewed(access: "a", refresh: "r")),
        // The endpoint says that it is done, and what it gave can't be read: its token may be spent.
        Case(200, json, "{}", .unknown),
        Case(200, json, #"{"access_token":""}"#, .unknown),
        Case(200, json, #"{"access_token":7}"#, .unknown),
        Case(200, json, #"{"access_token":"a","refresh_tok"#, .unknown),
        Case(200, json, "", .unknown),
        Case(200, "application/problem+json", "null", .unknown),
        Case(200, nil, #"{"refresh_token":"r"}"#, .unknown),
        Case(200, html, #"{"id_token":"i"}"#, .unknown),
    ]

    static let others = [
        // Something in between.
        Case(200, html, page, .notNow(nil)),
        Case(200, nil, page, .notNow(nil)),
        Case(200, "text/plain", "ok", .notNow(nil)),
        Case(204, nil, "", .notNow(nil)),
        Case(301, nil, "", .notNow(nil)), Case(302, html, page, .notNow(nil)), Case(303, json, "{}", .notNow(nil)),
        Case(304, nil, "", .notNow(nil)), Case(307, nil, "", .notNow(nil)), Case(308, nil, "", .notNow(nil)),
        Case(400, html, page, .notNow(nil)), Case(401, html, page, .notNow(nil)), Case(403, html, page, .notNow(nil)),
        Case(400, nil, "", .notNow(nil)), Case(401, json, "[]", .notNow(nil)), Case(400, json, #"{"detail":"?"}"#, .notNow(nil)),
        Case(401, json, #"{"message":"Unauthorized"}"#, .notNow(nil)),
        Case(401, json, #"{"status":401,"error":"Unauthorized","path":"/oauth/token"}"#, .notNow(nil)),
        Case(403, json, #"{"error":{"code":"unsupported_country_region_territory","message":"no"}}"#, .notNow(nil)),
        Case(402, json, "{}", .notNow(nil)), Case(404, json, #"{"error":"not_found"}"#, .notNow(nil)), Case(405, nil, "", .notNow(nil)),
        Case(407, html, page, .notNow(nil)), Case(408, nil, "", .notNow(nil)), Case(409, json, "{}", .notNow(nil)),
        Case(418, nil, "", .notNow(nil)), Case(425, nil, "", .notNow(nil)), Case(451, html, page, .notNow(nil)),
        // The endpoint itself, later.
        Case(400, json, #"{"error":"temporarily_unavailable"}"#, .notNow(nil)),
        Case(400, json, #"{"error":"slow_down"}"#, .notNow(nil)),
        Case(401, json, #"{"error":{"code":"server_error"}}"#, .notNow(nil)),
        Case(200, json, #"{"error":"server_error"}"#, .notNow(nil)),
        Case(429, json, #"{"error":{"code":"rate_limit_exceeded"}}"#, .notNow(nil)),
        Case(429, json, "{}", retryAfter: "7", .notNow(7_000)), Case(429, html, page, retryAfter: "0", .notNow(0)),
        Case(429, nil, "", retryAfter: "Tue, 14 Nov 2023 22:14:20 GMT", .notNow(60_000)),
        Case(503, nil, "", retryAfter: "Tue, 14 Nov 2023 22:00:00 GMT", .notNow(0)),
        Case(503, nil, "", retryAfter: "soon", .notNow(nil)), Case(429, nil, "", retryAfter: "-1", .notNow(nil)),
        Case(429, nil, "", retryAfter: "99999999999999999999", .notNow(nil)),
        Case(429, nil, "", retryAfter: "9223372036854775807", .notNow(Int64(1 << 31) * 1_000)),
        Case(500, json, #"{"error":"invalid_grant"}"#, .notNow(nil)), Case(500, html, page, .notNow(nil)),
        Case(500, json, #"{"access_token":"a"}"#, .notNow(nil)),
        Case(501, nil, "", .notNow(nil)), Case(502, html, page, .notNow(nil)), Case(503, json, "{}", .notNow(nil)),
        Case(504, html, page, .notNow(nil)), Case(520, nil, "", .notNow(nil)), Case(529, nil, "", .notNow(nil)),
    ]

    static let refusals =
        ["invalid_grant", "refresh_token_reused", "refresh_token_expired", "refresh_token_invalidated", "invalid_client"].flatMap { code in
            [400, 401, 403, 200].flatMap { status in
                [#"{"error":"\#(code)","error_description":"x"}"#, #"{"error":{"code":"\#(code)","message":"x"}}"#].map {
                    Case(status, json, $0, .refused(code))
                }
            }
        } + [
            // A word that is not known is not repeated: it may be the token.
            Case(400, json, #"{"error":"rt_0a1b2c"}"#, .refused("status 400")),
            Case(401, json, #"{"error":{"code":"session_revoked"}}"#, .refused("status 401")),
        ]

    @Test("Tokens, and answers that say they hold some", arguments: tokens)
    func token(_ answer: Case) { check(answer) }

    @Test("What is answered to its end and is no token does not end a sign-in", arguments: others)
    func other(_ answer: Case) { check(answer) }

    @Test("The endpoint's own refusal ends it", arguments: refusals)
    func refusal(_ answer: Case) { check(answer) }

    private func check(_ answer: Case) {
        var headers = HTTPHeaders()
        if let type = answer.type { headers.add(name: "content-type", value: type) }
        if let retryAfter = answer.retryAfter { headers.add(name: "retry-after", value: retryAfter) }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
        #expect(Verdict(TokenAnswer.whole(head, Data(answer.body.utf8)).outcome(now: 1_700_000_000_000)) == answer.verdict)
    }

    @Test("Only a request that was sent to its end can have spent a token")
    func unanswered() {
        #expect(Verdict(TokenAnswer.notSent("Nobody is there.").outcome(now: 0)) == .notNow(nil))
        #expect(Verdict(TokenAnswer.broken.outcome(now: 0)) == .unknown)
    }
}

extension TokenAnswerTests.Verdict {
    init(_ outcome: RefreshOutcome) {
        switch outcome {
        case .renewed(let tokens): self = .renewed(access: tokens.access.reveal(), refresh: tokens.refresh?.reveal())
        case .refused(let code): self = .refused(code)
        case .notNow(_, let after): self = .notNow(after)
        case .unknown: self = .unknown
        }
    }
}
