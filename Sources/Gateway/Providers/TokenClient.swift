import Credentials
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL
import Vault
import Wording

/// Refreshes sign-ins at their provider, as Codex does (observed in codex 0.163; see docs/providers.md).
struct TokenClient: Sendable {
    private let endpoints: ProviderEndpoints
    private let tls: TLSConfiguration
    private let group: any EventLoopGroup
    private let now: @Sendable () -> Int64

    /// The OAuth client id that Codex's sign-ins are issued to.
    private static let clientID = "app_EMoamEEZ73f0CkXaXp7hrann"
    private static let connectLimit = TimeAmount.seconds(5)
    private static let limit = TimeAmount.seconds(10)
    private static let answerLimit = 1 << 20

    init(
        endpoints: ProviderEndpoints, tls: TLSConfiguration, group: any EventLoopGroup, now: @escaping @Sendable () -> Int64
    ) {
        self.endpoints = endpoints
        self.tls = tls
        self.group = group
        self.now = now
    }

    var endpoint: TokenEndpoint {
        TokenEndpoint { provider, token in await refresh(provider, token) }
    }

    private func refresh(_ provider: Provider, _ token: Secret) async -> RefreshOutcome {
        do {
            guard let url = try await endpoints.tokenURL(of: provider) else {
                return .notNow("There is no address where \(provider.rawValue)'s sign-ins are refreshed.")
            }
            let body = RefreshRequest(client_id: Self.clientID, grant_type: "refresh_token", refresh_token: token.reveal())
            return await post(try JSONEncoder().encode(body), to: url).outcome(now: now())
        } catch {
            return .notNow("No request to refresh it can be made: \(reason(of: error))")
        }
    }

    /// Sends a request once, on its own connection: a second attempt would spend the token twice.
    func post(_ body: Data, to url: String) async -> TokenAnswer {
        do {
            let (parts, address) = try ProviderEndpoint.parse(url)
            let context = address.isTLS ? try NIOSSLContext(configuration: tls) : nil
            let outcome = group.next().makePromise(of: TokenAnswer.self)
            let head = Self.head(parts, address, length: body.count)
            let connection = ClientBootstrap(group: outcome.futureResult.eventLoop)
                .connectTimeout(Self.connectLimit)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let operations = channel.pipeline.syncOperations
                        if let context {
                            let name = AddressRules.literal(address.host) == nil ? address.host : nil
                            try operations.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                        }
                        try operations.addHandlers([
                            HTTPRequestEncoder(configuration: .asWritten), ByteToMessageHandler(HTTPResponseDecoder()),
                            NIOHTTPResponseDecompressor(limit: .size(Self.answerLimit)),
                        ])
                        try operations.addHandler(TokenCall(head, ByteBuffer(bytes: body), limit: Self.limit, outcome: outcome))
                    }
                }
                .connect(host: address.host, port: address.port)
            connection.whenFailure { _ in outcome.succeed(.notSent("The provider's token endpoint can't be reached.")) }
            return try await outcome.futureResult.get()
        } catch {
            return .notSent("No request to the provider's token endpoint can be made: \(reason(of: error))")
        }
    }

    private static func head(_ url: URL, _ address: UpstreamAddress, length: Int) -> HTTPRequestHead {
        let path = url.path(percentEncoded: true)
        let uri = (path.isEmpty ? "/" : path) + (url.query(percentEncoded: true).map { "?\($0)" } ?? "")
        return HTTPRequestHead(
            version: .http1_1, method: .POST, uri: uri,
            headers: [
                "host": address.hostHeader, "content-type": "application/json", "accept": "application/json",
                "content-length": "\(length)", "connection": "close",
            ])
    }

    // The property names match the provider's keys.
    private struct RefreshRequest: Encodable {
        var client_id: String
        var grant_type: String
        var refresh_token: String
    }
}
