import Foundation
import Metering
import Testing

@Suite("By which names a price is found")
struct PriceNameTests {
    private let prices = PriceList()

    /// What a million tokens read, and generated, cost, and how well that is known.
    private func check(
        _ model: String, _ provider: String, _ input: Double, _ output: Double, _ basis: Quote.Basis, _ list: PriceList? = nil
    ) {
        let quote = (list ?? prices).quote(of: model, at: provider)
        let short = TokenUsage(input: 1_000)
        #expect(quote.basis == basis, "\(model) at \(provider)")
        #expect(quote.price.cost(of: short).rawValue == Int64((input * 1e6).rounded()), "\(model) at \(provider)")
        #expect(quote.price.cost(of: TokenUsage(output: 1_000)).rawValue == Int64((output * 1e6).rounded()), "\(model) at \(provider)")
    }

    @Test(
        "What is named exactly, by a date or as -latest is exact",
        arguments: [
            ("gpt-5.4-pro", "openai", 30, 180), ("gpt-5.4-pro-2026-03-05", "openai", 30, 180), ("gpt-5.4", "openai", 2.5, 15),
            ("gpt-5.4-2026-03-05", "openai-chatgpt", 2.5, 15), ("o3-pro", "openai", 20, 80), ("o3-pro-2025-06-10", "openai", 20, 80),
            ("gpt-5.2-pro", "openai", 21, 168), ("gpt-5.6-sol", "openai", 4, 20), ("gpt-5.4-nano", "openai", 0.2, 1.25),
            ("gpt-5.4-nano-2026-03-17", "openai", 0.2, 1.25), ("mistral-medium", "mistral", 1.5, 7.5),
            ("mistral-medium-latest", "mistral", 1.5, 7.5), ("mistral-large", "mistral", 0.5, 1.5),
            ("mistral-large-latest", "mistral", 0.5, 1.5), ("mistral-large-2512", "mistral", 0.5, 1.5),
            ("mistral-vibe-cli-latest", "mistral", 1.5, 7.5), ("gemini-3.1-pro-preview", "google", 2, 12),
            ("claude-opus-4-5-20251101", "anthropic", 5, 25), ("claude-opus-4-5@20251101", "anthropic", 5, 25),
            ("claude-opus-4-20250514", "anthropic", 15, 75), ("gpt-4o-2024-05-13", "openai", 5, 15),
            ("gpt-4o-2024-08-06", "openai", 2.5, 10),
            ("gemini-2.5-flash-001", "google", 0.3, 2.5), ("gemini-2.5-flash-preview-09-2025", "google", 0.3, 2.5),
            ("GPT-4.1", "openai", 2, 8), ("chat-latest", "openai", 5, 30),
        ] as [(String, String, Double, Double)])
    func exact(model: String, provider: String, input: Double, output: Double) {
        check(model, provider, input, output, .listed)
    }

    @Test(
        "What sellers write around a name is ignored, and dots are dashes where the list has dashes",
        arguments: [
            ("anthropic/claude-opus-4.5", "custom-router", 5, 25, .otherSeller), ("openai/gpt-5.4", "openai", 2.5, 15, .listed),
            ("openai/gpt-5.4", "custom-router", 2.5, 15, .otherSeller), ("anthropic/claude-opus-5-5", "anthropic", 4, 20, .listed),
            ("models/gemini-3.1-pro-preview", "google", 2, 12, .listed), ("claude-opus-4.5", "anthropic", 5, 25, .listed),
            ("us.anthropic.claude-opus-4-5-20251101-v1:0", "custom-bedrock", 5, 25, .otherSeller),
            ("anthropic.claude-sonnet-4-5-20250929-v1:0", "custom-bedrock", 3, 15, .otherSeller),
            ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "custom-bedrock", 1, 5, .otherSeller),
            ("accounts/fireworks/models/deepseek-v4-pro", "custom-fireworks", 1.32, 3.96, .otherSeller),
            ("deepseek/deepseek-v4-pro:free", "custom-router", 1.32, 3.96, .otherSeller),
            ("deepseek-v4-pro", "custom-deepseek", 1.32, 3.96, .listed), ("grok-4.7", "custom-x", 2, 6, .listed),
            ("publishers/google/models/gemini-2.5-pro", "custom-vertex", 1.25, 10, .otherSeller),
            ("claude-opus-4-5", "openai", 5, 25, .otherSeller),
        ] as [(String, String, Double, Double, Quote.Basis)])
    func around(model: String, provider: String, input: Double, output: Double, basis: Quote.Basis) {
        check(model, provider, input, output, basis)
    }

    @Test(
        "A name that only begins alike is an estimate as dear as the dearest that its maker calls so",
        arguments: [
            ("gpt-5.4-ultra", "openai", 30, 180), ("gpt-6.1-sol-pro", "openai", 30, 180), ("gpt-5.4-2026", "openai", 30, 180),
            ("gpt-5.4-20269999", "openai", 30, 180), ("claude-opus-4-5-fast", "anthropic", 15, 75),
            ("mistral-large-2401", "mistral", 1.5, 7.5), ("gemini-2.5-pro-exp-0325", "google", 2, 12),
            // What one of Google's versions is called is another product elsewhere.
            ("gpt-5-001", "openai", 30, 180),
        ] as [(String, String, Double, Double)])
    func similar(model: String, provider: String, input: Double, output: Double) throws {
        let quote = prices.quote(of: model, at: provider)
        #expect(quote.basis == .similar && quote.reason == .similarModel && !quote.isPriced)
        #expect(prices.price(of: model) == nil)
        let beginning = try #require(
            model.indices.reversed().lazy.compactMap { prices.price(of: String(model[..<$0])) }.first)
        for usage in [TokenUsage(input: 500_000), TokenUsage(output: 1_000), TokenUsage(cacheRead: 400_000), TokenUsage(cacheWriteLong: 9)]
        {
            #expect(quote.price.cost(of: usage) >= beginning.cost(of: usage), "\(model)")
        }
        #expect(quote.price.cost(of: TokenUsage(output: 1_000)).rawValue == Int64((output * 1e6).rounded()), "\(model)")
        #expect(quote.price.cost(of: TokenUsage(input: 1_000)).rawValue == Int64((input * 1e6).rounded()), "\(model)")
    }

    @Test(
        "A name like no other has no price: at a known provider it costs as much as its dearest, behind another address as the middle of the list",
        arguments: ["house-llm", "gpt", "o", "llama3:8b", "qwen/qwen3", "", "-", "/", "gpt5.4"])
    func unknown(model: String) {
        for (provider, maker) in [("openai", "openai"), ("anthropic", "anthropic"), ("google", "google"), ("mistral", "mistral")] {
            let quote = prices.quote(of: model, at: provider)
            #expect(quote.basis == .unknown && quote.reason == .noPrice, "\(model)")
            for entry in prices.entries where entry.maker == maker {
                for usage in [TokenUsage(input: 9), TokenUsage(input: 900_000), TokenUsage(output: 9), TokenUsage(cacheRead: 9)] {
                    #expect(quote.price.cost(of: usage) >= entry.price.cost(of: usage), "\(entry.model)")
                }
            }
        }
        let custom = prices.quote(of: model, at: "custom-house")
        #expect(custom.basis == .unknown && custom.price == prices.median)
        #expect(custom.price.cost(of: TokenUsage(input: 1)) > .zero && custom.price.cost(of: TokenUsage(output: 1)) > .zero)
        let inputs = prices.entries.map(\.price).filter { $0.most > 0 }.map(\.rates.input)
        let below = inputs.filter { $0 <= custom.price.rates.input }.count
        #expect(below * 2 >= inputs.count && inputs.filter { $0 >= custom.price.rates.input }.count * 2 >= inputs.count)
    }

    @Test("A rehearsal costs nothing under whatever name, and a model of that name elsewhere is no rehearsal")
    func rehearsal() {
        for model in ["rehearsal", "openai/rehearsal", "gpt-5.4-pro", ""] {
            #expect(prices.quote(of: model, at: "rehearsal").price.cost(of: TokenUsage(input: 9_000, output: 9_000)) == .zero)
        }
        #expect(prices.quote(of: "rehearsal", at: "custom-house").price.cost(of: TokenUsage(output: 9)) > .zero)
    }

    // MARK: - What the list has

    @Test("The list covers every model that the catalogue of agents names")
    func catalogue() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Sources/AgentCatalogue/agents.yaml"), encoding: .utf8)
        var found: Set<String> = []
        for line in text.split(separator: "\n") where line.contains("fast:") && line.contains("strong:") {
            for match in line.matches(of: /([a-z-]+): \{fast: ([^,]+), strong: ([^}]+)\}/) where match.1 != "rehearsal" {
                for model in [String(match.2), String(match.3)] {
                    found.insert(model)
                    // Claude Code's own names stand for the newest of each kind.
                    let isKind = ["haiku", "sonnet", "opus"].contains(model)
                    if isKind {
                        #expect(prices.entries.contains { $0.model.hasPrefix("claude-\(model)-") }, "\(model)")
                    } else {
                        #expect(prices.quote(of: model, at: String(match.1)).basis == .listed, "\(model)")
                    }
                }
            }
        }
        #expect(found.isSuperset(of: ["gemini-3.1-pro-preview", "mistral-vibe-cli-latest", "gpt-6.1-sol", "claude-opus-5-5"]), "\(found)")
    }

    @Test("Each entry says where it is from and when it was read, and each maker has some")
    func sources() {
        for entry in prices.entries {
            #expect(entry.source?.hasPrefix("https://") == true, "\(entry.model)")
            #expect(entry.read?.wholeMatch(of: /20\d\d-\d\d-\d\d/) != nil && (entry.read ?? "") <= prices.asOf, "\(entry.model)")
        }
        let count = Dictionary(grouping: prices.entries) { $0.maker ?? "" }.mapValues(\.count)
        for maker in ["anthropic", "openai", "google", "mistral", "deepseek", "xai"] { #expect((count[maker] ?? 0) > 5, "\(maker)") }
        #expect(Set(prices.entries.map(\.model)).count == prices.entries.count, "No model stands twice")
    }
}
