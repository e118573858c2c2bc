import AsyncHTTPClient
import Credentials
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Vault
import Wording

/// Refreshes sign-ins at their provider, the way Codex does (observed in codex 0.163; see docs/providers.md).
struct TokenClient: Sendable {
    private let endpoints: ProviderEndpoints
    private let configuration: HTTPClient.Configuration
    private let group: any EventLoopGroup

    /// The client that Codex's sign-ins are made out to.
    private static let clientID = "app_EMoamEEZ73f0CkXaXp7hrann"
    private static let limit = TimeAmount.seconds(10)
    private static let answerLimit = 1 << 20

    init(endpoints: ProviderEndpoints, tls: TLSConfiguration, group: any EventLoopGroup) {
        self.endpoints = endpoints
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: Self.limit))
        // A request that was sent twice would spend a token twice.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        self.configuration = configuration
        self.group = group
    }

    var endpoint: TokenEndpoint {
        TokenEndpoint { provider, token in await refresh(provider, token) }
    }

    private func refresh(_ provider: Provider, _ token: Secret) async -> RefreshOutcome {
        guard let url = try? await endpoints.tokenURL(of: provider) else {
            return .notNow("There is no address where \(provider.rawValue)'s sign-ins are refreshed.")
        }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = ["content-type": "application/json", "accept": "application/json", "connection": "close"]
        let body = Wish(client_id: Self.clientID, grant_type: "refresh_token", refresh_token: token.reveal())
        guard let bytes = try? JSONEncoder().encode(body) else { return .notNow("The request can't be written.") }
        request.body = .bytes(ByteBuffer(bytes: bytes))
        // Rare as refreshes are, a client for each leaves nothing open behind.
        let http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let outcome = await Self.send(request, http)
        try? await http.shutdown()
        return outcome
    }

    private static func send(_ request: HTTPClientRequest, _ http: HTTPClient) async -> RefreshOutcome {
        do {
            let response = try await http.execute(request, timeout: limit)
            return outcome(response.status, Data(try await response.body.collect(upTo: answerLimit).readableBytesView))
        } catch let error as HTTPClientError where isBeforeSending(error) {
            return .notNow("The provider can't be reached.")
        } catch is NIOConnectionError {
            return .notNow("The provider can't be reached.")
        } catch let error as IOError where [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN].contains(error.errnoCode) {
            // A host that is a number is connected to directly.
            return .notNow("The provider can't be reached.")
        } catch let error as NIOSSLError {
            return .notNow("The provider shows no certificate that holds. (\(reason(of: error)))")
        } catch {
            return .unknown("the connection broke off")
        }
    }

    private static func isBeforeSending(_ error: HTTPClientError) -> Bool {
        [.connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .invalidURL, .emptyHost, .emptyScheme].contains(error)
    }

    /// What an answer means: a pure function.
    static func outcome(_ status: HTTPResponseStatus, _ answer: Data) -> RefreshOutcome {
        switch status.code {
        case 200:
            guard let tokens = try? JSONDecoder().decode(Tokens.self, from: answer), !tokens.access_token.isEmpty else {
                return .unknown("the answer holds no token")
            }
            return .renewed(
                RenewedTokens(
                    access: Secret(tokens.access_token), refresh: tokens.refresh_token.map { Secret($0) },
                    id: tokens.id_token.map { Secret($0) }))
        case 429, 503: return .notNow("The provider says to come back later.")
        case 400, 401: return .refused(code(answer) ?? "status \(status.code)")
        // Whoever stood in the way, it was not who takes tokens.
        case 402..<500: return .notNow("The provider answered with status \(status.code).")
        default: return .unknown("the provider answered with status \(status.code)")
        }
    }

    /// The words of RFC 6749, section 5.2, and those that Codex knows. Any other may be a token that was sent back.
    private static let knownCodes: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
        "refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated",
    ]

    /// The error's own word, if it is a known one: what else stands in an answer is not for people's eyes.
    private static func code(_ answer: Data) -> String? {
        let code =
            (try? JSONDecoder().decode(NestedError.self, from: answer).error.code)
            ?? (try? JSONDecoder().decode(FlatError.self, from: answer).error)
        return code.flatMap { knownCodes.contains($0) ? $0 : nil }
    }

    // The names are the provider's own.

    private struct Wish: Encodable {
        var client_id: String
        var grant_type: String
        var refresh_token: String
    }

    private struct Tokens: Decodable {
        var access_token: String
        var refresh_token: String?
        var id_token: String?
    }

    private struct NestedError: Decodable {
        struct Inner: Decodable { var code: String }
        var error: Inner
    }

    private struct FlatError: Decodable { var error: String }
}
