import Credentials
import Metering

/// Which provider a request is for, and what is left of its address for the provider.
struct ProviderRoute: Sendable, Hashable {
    let provider: Provider
    /// Begins with a slash.
    let target: RequestTarget

    /// Whose API it is, as far as the address tells. The rehearsal speaks several.
    var dialect: Dialect {
        guard provider == .rehearsal else { return ProviderEndpoints.dialect(of: provider) }
        return target.path.contains("/messages") ? .anthropic : .openai
    }

    /// Reads an address like `/anthropic/v1/messages` or `/custom/house/v1/chat/completions`; `nil` for one that is no
    /// provider's.
    init?(_ uri: Substring) {
        let parts = uri.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].isEmpty else { return nil }
        let isCustom = parts[1] == "custom"
        guard let provider = Provider(rawValue: isCustom ? "custom-" + parts[2] : String(parts[1])), provider.isCustom == isCustom,
            !isCustom || parts.count == 4
        else { return nil }
        self.provider = provider
        let skipped = 1 + parts[1].utf8.count + (isCustom ? 1 + parts[2].utf8.count : 0)
        target = RequestTarget(String(uri[uri.utf8.index(uri.startIndex, offsetBy: skipped)...]))
    }
}
