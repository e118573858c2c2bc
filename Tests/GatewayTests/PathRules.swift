import Fuzzing
import Metering

/// What `docs/gateway.md` and the providers' references say of paths, for a few of their words.
enum PathRules {
    enum Kind: CaseIterable {
        case malformed, model, free, unknown

        init(_ format: Metering.WireFormat) {
            self =
                switch format {
                case .free: .free
                case .unknown: .unknown
                default: .model
                }
        }
    }

    struct Seller: Sendable {
        var provider: String
        var dialect: Dialect
        /// At the gateway.
        var path: String
    }

    static let sellers = [
        Seller(provider: "anthropic", dialect: .anthropic, path: "/anthropic"),
        Seller(provider: "openai", dialect: .openai, path: "/openai"),
        Seller(provider: "google", dialect: .google, path: "/google"), Seller(provider: "mistral", dialect: .openai, path: "/mistral"),
        Seller(provider: "custom-house", dialect: .openai, path: "/custom/house"),
    ]

    // MARK: - By lot

    private static let words = [
        "chat", "completions", "fim", "responses", "compact", "embeddings", "files", "input_tokens", "cancel", "messages",
        "count_tokens", "models", "resp_1", "gemini-2.5-pro:generateContent", "gemini-2.5-pro:countTokens", "x:streamGenerateContent",
        "x%3AcountTokens", "a:b:embedContent", "foo", "Chat", "MESSAGES",
    ]
    private static let rows = [
        "chat/completions", "fim/completions", "completions", "responses", "responses/compact", "responses/input_tokens",
        "responses/resp_1/cancel", "embeddings", "files", "messages", "messages/count_tokens", "models/gemini-2.5-pro:generateContent",
        "models/gemini-2.5-pro:countTokens", "chat/completions/resp_1", "openai/chat/completions",
    ]
    private static let versions = ["v1", "v1", "v1beta", "v4", "V1", "v", "v1.5", "1", "v1-x"]
    private static let oddities = [
        "/", "//", ".", "..", "/./", "/../", "%2e", "%2E%2e", "%2f", "%2F..", "%5c", "\\", ";", "%3b", "%25", "%2563", "%63", "%7E", "%20",
        "%C3%BC",
        "%", "%1", "%zz", "%+1", "%00", "%7f", "ü", "~", "@", "!", "'", "(", "*", "+", ",", "=", ":", "&", "$", "|", "<", "\"", "{", "^",
        "`", "#",
        " ", "\t", "\u{1}",
    ]

    /// A path as a client, a careless one or an attacker writes it.
    static func path(_ generator: inout SeededGenerator) -> String {
        func pick(_ from: [String]) -> String { from[Int.random(in: 0..<from.count, using: &generator)] }
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
        var parts: [String] = []
        for _ in 0..<(chance(30) ? Int.random(in: 1...4, using: &generator) : 0) {
            parts.append(pick(["api", "openai", "x", "v1", "beta1"]))
        }
        if chance(80) { parts.append(pick(versions)) }
        if chance(70) {
            parts.append(pick(rows))
        } else {
            for _ in 0..<Int.random(in: 0...4, using: &generator) { parts.append(pick(words)) }
        }
        var path = "/" + parts.joined(separator: "/")
        for _ in 0..<(chance(55) ? 0 : Int.random(in: 1...2, using: &generator)) {
            let place = path.index(path.startIndex, offsetBy: Int.random(in: 0...path.count, using: &generator))
            if chance(15), place < path.endIndex { path.remove(at: place) } else { path.insert(contentsOf: pick(oddities), at: place) }
        }
        return path
    }

    // MARK: - By the rules

    /// Segments of RFC 3986 that are not empty and not dots, without a semicolon and with no escape that need not be one or hides a
    /// character.
    static func isWellFormed(_ path: String) -> Bool {
        if path == "/" { return true }
        guard path.first == "/" else { return false }
        return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
            let text = segment.lowercased()
            if text.isEmpty || text == "." || text == ".." || text.contains("%2f") && text.contains("..") { return false }
            guard segment.wholeMatch(of: /(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f][0-9A-Fa-f])+/) != nil else { return false }
            return segment.matches(of: /%(..)/).allSatisfy { escape in
                guard let code = UInt8(escape.output.1, radix: 16) else { return false }
                let character = Character(Unicode.Scalar(code))
                let needsNone = character.isASCII && (character.isLetter || character.isNumber || "-._~".contains(character))
                return !needsNone && code >= 0x20 && code != 0x7f && !"\\;%?#".contains(character)
            }
        }
    }

    private static let models: [String: Set<String>] = [
        "anthropic": ["messages"],
        "openai": ["chat/completions", "completions", "responses", "responses/compact", "embeddings"],
        "mistral": ["chat/completions", "fim/completions", "embeddings"],
        "google": ["openai/chat/completions", "openai/embeddings"],
        "custom-house": ["chat/completions", "completions", "responses", "responses/compact", "messages", "embeddings"],
    ]
    private static let free: [String: Set<String>] = [
        "anthropic": ["messages/count_tokens", "files"], "openai": ["files", "responses/input_tokens"], "mistral": ["files"],
        "google": ["files"], "custom-house": ["files"],
    ]

    /// What a well-formed path is: behind at most three parts and a version, or from its beginning on.
    static func kind(of path: String, at provider: String) -> Kind {
        let parts = path.split(separator: "/").map(String.init)
        if provider == "google", let last = parts.last {
            let name = last.replacing("%3A", with: ":").replacing("%3a", with: ":")
            switch name.split(separator: ":", omittingEmptySubsequences: false).last.map(String.init) {
            case "generateContent" where name.contains(":"), "streamGenerateContent" where name.contains(":"),
                "embedContent" where name.contains(":"):
                return .model
            case "countTokens" where name.contains(":"), "cancel" where name.contains(":"): return .free
            default: break
            }
        }
        let version = parts.prefix(4).firstIndex { $0.wholeMatch(of: /v[0-9][0-9a-z]*/) != nil }
        let rest = version.map { Array(parts[($0 + 1)...]) } ?? parts
        let row = rest.joined(separator: "/")
        if models[provider, default: []].contains(row) { return .model }
        if free[provider, default: []].contains(row) { return .free }
        // An id has no escapes.
        let isCancelling = rest.count == 3 && rest[0] == "responses" && rest[2] == "cancel" && !rest[1].contains("%")
        if isCancelling, provider == "openai" || provider == "custom-house" { return .free }
        let isUpdate = rest.count == 3 && rest.starts(with: ["chat", "completions"]) && !rest[2].contains("%")
        return isUpdate && provider == "openai" ? .free : .unknown
    }
}
