import Credentials
import Metering
import NIOHTTP1

/// The provider that a request is for, and the request's path at the provider.
struct ProviderRoute: Sendable, Hashable {
    /// The part of a provider that a request addresses.
    enum Place: Sendable, Hashable {
        case api
        /// The token endpoint, which refreshes sign-ins.
        case tokens
    }

    let provider: Provider
    let place: Place
    /// Starts with a slash; empty for the token endpoint.
    let target: RequestTarget

    /// The API dialect, as far as the path tells. The rehearsal speaks several.
    var dialect: Dialect {
        guard provider == .rehearsal else { return ProviderEndpoints.dialect(of: provider) }
        return target.path.contains("/messages") ? .anthropic : .openai
    }

    /// The wire format of a request.
    ///
    /// - Parameter dialect: the API that the provider speaks; a custom provider's is known only with its address.
    func format(_ method: HTTPMethod, as dialect: Dialect) -> WireFormat {
        place == .tokens ? .free : WireFormat(dialect, provider: provider.rawValue, method: method.rawValue, path: target.path)
    }

    /// Parses a path like `/anthropic/v1/messages` or `/custom/house/v1/chat/completions`, or `/token/openai-chatgpt` for the token
    /// endpoint; `nil` for any other path.
    init?(_ uri: Substring) {
        let parts = uri.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].isEmpty else { return nil }
        if parts[1] == "token" {
            guard parts.count == 3, let provider = Provider(rawValue: String(parts[2])), provider.kind == .oauth else { return nil }
            self.provider = provider
            place = .tokens
            target = RequestTarget("")
            return
        }
        let isCustom = parts[1] == "custom"
        guard let provider = Provider(rawValue: isCustom ? "custom-" + parts[2] : String(parts[1])), provider.isCustom == isCustom,
            !isCustom || parts.count == 4
        else { return nil }
        self.provider = provider
        place = .api
        let skipped = 1 + parts[1].utf8.count + (isCustom ? 1 + parts[2].utf8.count : 0)
        target = RequestTarget(String(uri[uri.utf8.index(uri.startIndex, offsetBy: skipped)...]))
    }
}
