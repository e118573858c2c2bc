import Credentials
import Metering

/// Which provider a request is for, and what is left of its address for the provider.
struct ProviderRoute: Sendable, Hashable {
    /// What of a provider's it is.
    enum Place: Sendable, Hashable {
        case api
        /// Where its sign-ins are refreshed.
        case tokens
    }

    let provider: Provider
    let place: Place
    /// Begins with a slash.
    let target: RequestTarget

    /// Whose API it is, as far as the address tells. The rehearsal speaks several.
    var dialect: Dialect {
        guard provider == .rehearsal else { return ProviderEndpoints.dialect(of: provider) }
        return target.path.contains("/messages") ? .anthropic : .openai
    }

    /// Reads an address like `/anthropic/v1/messages` or `/custom/house/v1/chat/completions`, or `/token/openai-chatgpt` for where
    /// sign-ins are refreshed; `nil` for one that is no provider's.
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
