import Accounts
import Foundation
import Metering
import NIOCore
import NIOHTTP1
import Wording

/// An error of SAM's own, which the client gets in the shape that its provider's errors have.
struct Refusal: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// No lease, or one that opens nothing.
        case unauthenticated
        /// The lease is good, and there is no key for it.
        case forbidden
        case badRequest
        case tooLarge
        /// A budget is used up.
        case overBudget
        /// Too many requests in this minute; there is room again after some seconds.
        case overRate(seconds: Int)
        /// WebSocket, which is not relayed: clients fall back to HTTP on this.
        case upgradeRequired
        /// The provider can't be reached, or broke off before it answered.
        case badGateway
        case timeout
        /// SAM itself can't do it now.
        case unavailable
    }

    var kind: Kind
    /// What it is about and what can be done, for a person. No secret stands in it.
    var sentence: String

    init(_ kind: Kind, _ sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }

    /// A layer has made its requests of this minute.
    init(_ rate: Rate, wait: TimeAmount) {
        let seconds = Int((wait.nanoseconds + 999_999_999) / 1_000_000_000)
        self.init(
            .overRate(seconds: seconds),
            """
            The \(rate.owner.scope.rawValue) may make \(rate.requestsPerMinute.of("request")) a minute. There is room again in \(seconds) s. \
            Whoever owns it can raise it with: sam settings set gateway.requestsPerMinute
            """)
    }

    /// The status under which each provider's clients understand it.
    func status(_ dialect: Dialect) -> HTTPResponseStatus {
        switch kind {
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .badRequest: .badRequest
        case .tooLarge: .payloadTooLarge
        // Anthropic bills with 402, the others say that a quota is used up.
        case .overBudget: dialect == .anthropic ? .paymentRequired : .tooManyRequests
        case .overRate: .tooManyRequests
        case .upgradeRequired: .upgradeRequired
        case .badGateway: .badGateway
        case .timeout: .gatewayTimeout
        case .unavailable: .serviceUnavailable
        }
    }

    /// The answer's head and body. The shapes are from https://docs.claude.com/en/api/errors,
    /// https://platform.openai.com/docs/guides/error-codes and https://cloud.google.com/apis/design/errors.
    func answer(_ dialect: Dialect, request: RequestID) -> (head: HTTPResponseHead, body: Data) {
        let status = status(dialect)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body: Data? =
            switch dialect {
            case .anthropic:
                try? encoder.encode(
                    AnthropicError(error: .init(type: anthropicType, message: sentence), request_id: request.rawValue))
            case .openai:
                try? encoder.encode(OpenAIError(error: .init(message: sentence, type: openAIType, code: code)))
            case .google:
                try? encoder.encode(GoogleError(error: .init(code: Int(status.code), message: sentence, status: googleStatus)))
            }
        var headers: HTTPHeaders = [
            "content-type": "application/json", "content-length": String(body?.count ?? 0), "x-sam-request-id": request.rawValue,
        ]
        // Asking again changes none of the others; the official clients heed both headers.
        switch kind {
        case .badGateway, .timeout, .unavailable: break
        case .overRate(let seconds): headers.add(name: "retry-after", value: String(seconds))
        default: headers.add(name: "x-should-retry", value: "false")
        }
        if kind == .upgradeRequired { headers.add(name: "upgrade", value: "HTTP/1.1") }
        return (HTTPResponseHead(version: .http1_1, status: status, headers: headers), body ?? Data())
    }

    private var anthropicType: String {
        switch kind {
        case .unauthenticated: "authentication_error"
        case .forbidden: "permission_error"
        case .badRequest, .upgradeRequired: "invalid_request_error"
        case .tooLarge: "request_too_large"
        case .overBudget: "billing_error"
        case .overRate: "rate_limit_error"
        case .badGateway, .unavailable: "api_error"
        case .timeout: "timeout_error"
        }
    }

    private var openAIType: String {
        switch kind {
        case .unauthenticated, .forbidden, .badRequest, .tooLarge, .upgradeRequired: "invalid_request_error"
        case .overBudget: "insufficient_quota"
        case .overRate: "requests"
        case .badGateway, .timeout, .unavailable: "server_error"
        }
    }

    private var code: String? {
        switch kind {
        case .unauthenticated: "invalid_api_key"
        case .overBudget: "insufficient_quota"
        case .overRate: "rate_limit_exceeded"
        default: nil
        }
    }

    private var googleStatus: String {
        switch kind {
        case .unauthenticated: "UNAUTHENTICATED"
        case .forbidden: "PERMISSION_DENIED"
        case .badRequest, .tooLarge, .upgradeRequired: "INVALID_ARGUMENT"
        case .overBudget, .overRate: "RESOURCE_EXHAUSTED"
        case .badGateway, .unavailable: "UNAVAILABLE"
        case .timeout: "DEADLINE_EXCEEDED"
        }
    }
}

// The names are the providers' own.

private struct AnthropicError: Encodable {
    struct Inner: Encodable {
        var type: String
        var message: String
    }
    var type = "error"
    var error: Inner
    var request_id: String
}

private struct OpenAIError: Encodable {
    struct Inner: Encodable {
        var message: String
        var type: String
        var code: String?
    }
    var error: Inner
}

private struct GoogleError: Encodable {
    struct Inner: Encodable {
        var code: Int
        var message: String
        var status: String
    }
    var error: Inner
}
