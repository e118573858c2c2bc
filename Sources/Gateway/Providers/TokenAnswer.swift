import Credentials
import Foundation
import NIOHTTP1
import Vault

/// The result of one request to a token endpoint, as seen on the connection.
enum TokenAnswer: Sendable, Equatable {
    /// The request was not sent completely, so it cannot have been executed. The text says why.
    case notSent(String)
    /// The request was sent, but the answer is incomplete.
    case broken
    /// The complete answer, or its first MiB.
    case whole(HTTPResponseHead, Data)

    /// The outcome for the sign-in. docs/credentials.md has a table of the rules.
    ///
    /// - Parameter now: UTC milliseconds, to convert a `retry-after` date.
    func outcome(now: Int64) -> RefreshOutcome {
        switch self {
        case .notSent(let why): .notNow(why)
        case .broken: .unknown("the connection broke off")
        case .whole(let head, let body): Self.outcome(head, body, now)
        }
    }

    private static func outcome(_ head: HTTPResponseHead, _ body: Data, _ now: Int64) -> RefreshOutcome {
        let status = head.status.code
        if let code = TokenError.code(in: body), TokenError.ends(code, status: status) {
            return .refused(TokenError.isKnown(code) ? code : "status \(status)")
        }
        if (200..<300).contains(status) {
            if let tokens = try? JSONDecoder().decode(Tokens.self, from: body), !tokens.access_token.isEmpty {
                return .renewed(
                    RenewedTokens(
                        access: Secret(tokens.access_token), refresh: tokens.refresh_token.flatMap { $0.isEmpty ? nil : Secret($0) },
                        id: tokens.id_token.map { Secret($0) }))
            }
            // The endpoint itself says that it has done it. A page of something in between says nothing of the token.
            if isJSON(head, body), !TokenError.passes(TokenError.code(in: body)) { return .unknown("the answer holds no token") }
        }
        let after = RetryAfter.milliseconds(head.headers.first(name: "retry-after"), now: now)
        return .notNow("The provider's token endpoint answered with status \(status).", retryAfter: after)
    }

    private static func isJSON(_ head: HTTPResponseHead, _ body: Data) -> Bool {
        let type = head.headers.first(name: "content-type")?.lowercased() ?? ""
        return type.contains("json") || body.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
    }

    // The property names match the provider's keys.
    private struct Tokens: Decodable {
        var access_token: String
        var refresh_token: String?
        var id_token: String?
    }
}

/// The error codes with which a token endpoint refuses a token.
enum TokenError {
    /// The codes of RFC 6749, section 5.2, and those that Codex knows.
    private static let known: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
        "refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated",
    ]
    /// Codes of transient errors: RFC 6749, section 4.1.2.1, RFC 8628, section 3.5, and OpenAI's API.
    private static let passing: Set<String> = ["temporarily_unavailable", "server_error", "slow_down", "rate_limit_exceeded"]

    /// The error code in a token endpoint's answer.
    static func code(in body: Data) -> String? {
        (try? JSONDecoder().decode(Nested.self, from: body).error.code) ?? (try? JSONDecoder().decode(Flat.self, from: body).error)
    }

    /// Whether the code may be shown. An unknown one may be a token that was sent back.
    static func isKnown(_ code: String) -> Bool { known.contains(code) }

    /// Whether it says that the token was not looked at.
    static func passes(_ code: String?) -> Bool { code.map(passing.contains) ?? false }

    /// Whether it ends the sign-in: the endpoint itself refuses the token.
    ///
    /// An unknown code does so only with status 400 or 401 and in the form of a code: proxies put the status text there
    /// (`"error": "Unauthorized"`).
    static func ends(_ code: String, status: UInt) -> Bool {
        switch status {
        case 400, 401: isKnown(code) || !passing.contains(code) && looksLikeCode(code)
        case 200..<300, 403: isKnown(code)
        default: false
        }
    }

    private static func looksLikeCode(_ code: String) -> Bool {
        !code.isEmpty && code.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
    }

    private struct Nested: Decodable {
        struct Inner: Decodable { var code: String }
        var error: Inner
    }

    private struct Flat: Decodable { var error: String }
}

/// The header `retry-after` (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// The time to wait in milliseconds; `nil` for an unreadable value.
    ///
    /// - Parameter now: UTC milliseconds, to which a date is relative.
    static func milliseconds(_ value: String?, now: Int64) -> Int64? {
        guard let value = value?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int64(value) { return seconds < 0 ? nil : min(seconds, 1 << 31) * 1_000 }
        let form = Date.ParseStrategy(
            format: """
                \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \
                \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT
                """,
            locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt)
        guard let date = try? form.parse(value) else { return nil }
        return max(0, Int64(date.timeIntervalSince1970 * 1_000) - now)
    }
}
