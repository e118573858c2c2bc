import Foundation
import Metering
import NIOHTTP1
import Testing

@testable import Gateway

@Suite("Errors of SAM's own")
struct RefusalTests {
    static let kinds: [Refusal.Kind] = [
        .unauthenticated, .forbidden, .badRequest, .tooLarge, .overBudget, .overRate(seconds: 7), .upgradeRequired, .badGateway, .timeout,
        .unavailable,
    ]
    /// One with everything that JSON writes in another way.
    static let sentence = "The key “house” of \"Zoë\" is off:\n\tturn it on with `sam credentials on \\ /x` 👾 </script>."

    private func answer(_ kind: Refusal.Kind, _ dialect: Dialect) throws -> (head: HTTPResponseHead, body: Data, error: [String: Any]) {
        let (head, body) = Refusal(kind, Self.sentence).answer(dialect, request: RequestID(rawValue: "r_0123456789abcdef"))
        let object = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        return (head, body, try #require(object["error"] as? [String: Any]))
    }

    @Test("The status is the one that such an error has everywhere", arguments: kinds, Dialect.allCases)
    func status(kind: Refusal.Kind, dialect: Dialect) throws {
        let status = Refusal(kind, "No.").status
        switch kind {
        case .unauthenticated: #expect(status.code == 401)
        case .forbidden: #expect(status.code == 403)
        case .badRequest: #expect(status.code == 400)
        case .tooLarge: #expect(status.code == 413)
        case .upgradeRequired: #expect(status.code == 426)
        case .overBudget: #expect(status.code == 402)
        case .overRate: #expect(status.code == 429)
        // Anthropic has 529 where others have 503.
        case .badGateway: #expect([500, 502, 529].contains(status.code))
        case .timeout: #expect([408, 504].contains(status.code))
        case .unavailable: #expect([503, 529].contains(status.code))
        }
        #expect(try answer(kind, dialect).head.status == status)
    }

    @Test("The sentence arrives as it was written, and the head fits the body", arguments: kinds, Dialect.allCases)
    func sentence(kind: Refusal.Kind, dialect: Dialect) throws {
        let (head, body, error) = try answer(kind, dialect)
        #expect(error["message"] as? String == Self.sentence)
        #expect(head.headers["content-length"] == ["\(body.count)"])
        #expect(!head.headers.contains(name: "transfer-encoding"))
        let type = try #require(head.headers.first(name: "content-type"))
        #expect(type.hasPrefix("application/json"))
    }

    // https://docs.claude.com/en/api/errors
    @Test("Anthropic's clients get Anthropic's shape", arguments: kinds)
    func anthropic(kind: Refusal.Kind) throws {
        let (head, body, error) = try answer(kind, .anthropic)
        let object = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        #expect(object["type"] as? String == "error")
        #expect(object["request_id"] as? String == "r_0123456789abcdef")
        let type = try #require(error["type"] as? String)
        let known: Set<String> = [
            "invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error", "request_too_large",
            "rate_limit_error", "api_error", "timeout_error", "overloaded_error",
        ]
        #expect(known.contains(type))
        // Where the reference ties a status to a type, they fit together.
        let tied: [UInt: String] = [
            400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
            413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 504: "timeout_error", 529: "overloaded_error",
        ]
        if let expected = tied[head.status.code] { #expect(type == expected) }
    }

    // https://platform.openai.com/docs/guides/error-codes
    @Test("OpenAI's clients get OpenAI's shape", arguments: kinds)
    func openai(kind: Refusal.Kind) throws {
        let error = try answer(kind, .openai).error
        let type = try #require(error["type"] as? String)
        #expect(!type.isEmpty)
        // A code is a word or nothing, never a number: clients compare it with words.
        #expect(error["code"] == nil || error["code"] is NSNull || error["code"] is String)
        if kind == .overBudget {
            // This is what tells a used up quota from going too fast, which clients wait out and try again.
            #expect([type, error["code"] as? String].contains("insufficient_quota"))
        }
    }

    // https://cloud.google.com/apis/design/errors: the code in the body is HTTP's, and the status is google.rpc.Code's name.
    @Test("Google's clients get Google's shape", arguments: kinds)
    func google(kind: Refusal.Kind) throws {
        let (head, _, error) = try answer(kind, .google)
        #expect(error["code"] as? Int == Int(head.status.code))
        let status = try #require(error["status"] as? String)
        let known: Set<String> = [
            "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
            "UNAUTHENTICATED",
        ]
        #expect(known.contains(status))
        let tied: [UInt: String] = [401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"]
        if let expected = tied[head.status.code] { #expect(status == expected) }
    }

    // The clients of Anthropic and OpenAI obey this header before they look at the status.
    @Test("Clients are told not to ask again exactly where that changes nothing", arguments: kinds, Dialect.allCases)
    func retries(kind: Refusal.Kind, dialect: Dialect) throws {
        let passes: Set<Refusal.Kind> = [.badGateway, .timeout, .unavailable, .overRate(seconds: 7)]
        #expect(try answer(kind, dialect).head.headers["x-should-retry"] == (passes.contains(kind) ? [] : ["false"]))
    }
}
