import Accounts
import Foundation
import Metering
import NIOCore
import NIOHTTP1
import Wording

/// An error of SAM itself, sent to the client in the format of the provider's errors.
struct Refusal: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// The lease is missing or invalid.
        case unauthenticated
        /// The lease is valid, but the request is not allowed or has no key.
        case forbidden
        case badRequest
        case tooLarge
        /// A budget is spent, or too small for the request even with nothing reserved.
        case overBudget
        /// Too many requests; the client may retry after this many seconds.
        case overRate(seconds: Int)
        /// WebSocket is not relayed; clients fall back to HTTP on this status.
        case upgradeRequired
        /// The provider is unreachable, or closed the connection before it answered.
        case badGateway
        case timeout
        /// SAM itself cannot serve the request now.
        case unavailable
    }

    var kind: Kind
    /// A sentence for the user: the cause and the remedy. It contains no secret.
    var sentence: String

    init(_ kind: Kind, _ sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }

    /// Refuses a request because a layer has reached its rate.
    init(_ rate: Rate, wait: TimeAmount) {
        let seconds = Int((wait.nanoseconds + 999_999_999) / 1_000_000_000)
        self.init(
            .overRate(seconds: seconds),
            """
            The \(rate.owner.scope.rawValue) may make \(rate.requestsPerMinute.of("request")) a minute. There is room again in \(seconds) s. \
            Its owner can raise it with: sam settings set gateway.requestsPerMinute
            """)
    }

    /// Refuses a request because its model has no price and a layer requires one.
    init(unpriced model: String?, inProject isInProject: Bool) {
        let name = model.map { "“\($0.prefix(120))” has no price" } ?? "The request names no model, so there is no price for it"
        let own =
            isInProject
            ? "a price of the project's own: sam prices set MODEL --project PROJECT --input DOLLARS --output DOLLARS"
            : "an entry in prices.yaml in SAM's home"
        self.init(
            .forbidden,
            """
            \(name), and gateway.unpricedModels refuses that. There are two ways out: \(own); or an estimate instead: \
            sam settings set gateway.unpricedModels estimate\(isInProject ? " --project PROJECT" : " --scope user")
            """)
    }

    /// The HTTP status of this error, the same in every dialect.
    var status: HTTPResponseStatus {
        switch kind {
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .badRequest: .badRequest
        case .tooLarge: .payloadTooLarge
        // Clients retry a 429, and a retry does not help here.
        case .overBudget: .paymentRequired
        case .overRate: .tooManyRequests
        case .upgradeRequired: .upgradeRequired
        case .badGateway: .badGateway
        case .timeout: .gatewayTimeout
        case .unavailable: .serviceUnavailable
        }
    }

    /// The answer's head and body. The formats are from https://docs.claude.com/en/api/errors,
    /// https://platform.openai.com/docs/guides/error-codes and https://cloud.google.com/apis/design/errors.
    func answer(_ dialect: Dialect, request: RequestID) -> (head: HTTPResponseHead, body: Data) {
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
        // A retry does not help with the others. The official clients honour both headers.
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

// The property names match the providers' keys.

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
