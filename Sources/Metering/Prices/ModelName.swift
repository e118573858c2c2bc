/// A model's name as price lists write it. The rules are in `docs/prices.md`.
struct ModelName: Hashable, Sendable {
    /// In lower case, without a seller's prefix and variant.
    var plain: String
    /// Whether it had a seller's prefix, as at OpenRouter, Fireworks and Bedrock.
    var isPrefixed: Bool

    init(_ name: some StringProtocol) {
        var rest = name.lowercased()[...]
        isPrefixed = false
        if let slash = rest.lastIndex(of: "/") {
            // Google's own API puts `models/` before each id.
            isPrefixed = rest[..<slash] != "models"
            rest = rest[rest.index(after: slash)...]
        }
        if let inner = Self.insideBedrock(rest) {
            isPrefixed = true
            rest = inner
        }
        // A seller's variant: `:free`, `:nitro`. Otherwise a colon is part of the name.
        if isPrefixed, let colon = rest.firstIndex(of: ":") { rest = rest[..<colon] }
        plain = String(rest)
    }

    /// The names under which a list may have it, the likeliest first: unchanged, and with dashes for the dots between digits.
    var spellings: [String] {
        let dashed = Self.dashed(plain)
        return dashed == plain ? [plain] : [plain, dashed]
    }

    /// The name without a date or `-latest` at its end, which name a version of the same model; `nil` if it has neither.
    static func undated(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        for count in [7, 9, 11] where bytes.count > count {
            let ending = bytes.suffix(count)
            let isVersion = ending.elementsEqual("-latest".utf8) || isDate(Array(ending))
            if isVersion { return String(decoding: bytes.dropLast(count), as: UTF8.self) }
        }
        return nil
    }

    /// The name without Google's version suffix `-001` or `-preview-09-2025`; `nil` if it has none.
    /// https://ai.google.dev/gemini-api/docs/models
    static func unversioned(_ name: String) -> String? {
        if let match = name.wholeMatch(of: /(.+)-preview-(0[1-9]|1[0-2])-20[0-9]{2}/) { return String(match.1) }
        return name.wholeMatch(of: /(.+)-0[0-9]{2}/).map { String($0.1) }
    }

    /// The prefixes of a name that end before one of `-.:@_`, the longest first.
    static func beginnings(of name: String) -> [String] {
        name.indices.reversed().filter { "-.:@_".contains(name[$0]) }.map { String(name[..<$0]) }.filter { !$0.isEmpty }
    }

    /// The leading letters of a name, which a maker's related models share.
    static func family(of name: some StringProtocol) -> String { String(name.prefix { $0.isLetter }) }

    /// Whether an ending is a date: `-20260401`, `@20260401` or `-2026-04-01`.
    private static func isDate(_ ending: [UInt8]) -> Bool {
        let dash = UInt8(ascii: "-")
        guard ending.first == dash || (ending.count == 9 && ending.first == UInt8(ascii: "@")) else { return false }
        var digits = ending.dropFirst()
        if ending.count == 11 {
            guard ending[5] == dash, ending[8] == dash else { return false }
            digits = ArraySlice(ending[1...4] + ending[6...7] + ending[9...10])
        }
        guard digits.count == 8, let number = Int(String(decoding: digits, as: UTF8.self)), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return false }
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
        return (2_020...2_099).contains(year) && (1...12).contains(month) && (1...31).contains(day)
    }

    private static func dashed(_ name: String) -> String {
        var bytes = Array(name.utf8)
        func isDigit(_ index: Int) -> Bool { bytes.indices.contains(index) && bytes[index] >= 0x30 && bytes[index] <= 0x39 }
        for index in bytes.indices where bytes[index] == UInt8(ascii: ".") && isDigit(index - 1) && isDigit(index + 1) {
            bytes[index] = UInt8(ascii: "-")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The name inside of a Bedrock id like `us.anthropic.claude-opus-4-5-20251101-v1:0`; `nil` for other names.
    private static func insideBedrock(_ name: Substring) -> Substring? {
        guard name.contains("."),
            let match = name.wholeMatch(
                of:
                    /(?:(?:us|eu|apac|global|jp|au|ca|us-gov)\.)?(?:anthropic|openai|mistral|deepseek|meta|amazon|cohere|xai)\.(.+?)(?:-v[0-9]+(?::[0-9]+)?)?/
            )
        else { return nil }
        return match.1
    }
}
