import Metering
import Testing

@Suite("What tiers, regions, long prompts, searches and tools cost")
struct PriceTermsTests {
    private let prices = PriceList()

    /// Which conditions a row of the tables below is about.
    struct Terms: Sendable {
        var tier: String?
        var region: String?
        var speed: String?
        var tools: [String: Int] = [:]
        var asked: String?
    }

    private func charge(_ model: String, _ provider: String, _ usage: TokenUsage, _ terms: Terms = Terms(), at time: Int64? = nil) -> Charge
    {
        let read = UsageReading(usage, model: model) {
            $0.tier = terms.tier
            $0.region = terms.region
            $0.speed = terms.speed
            $0.tools = terms.tools
        }
        return prices.charge(for: read, facts: RequestFacts(model: model, tier: terms.asked), provider: provider, at: time)
    }

    private static let usage = TokenUsage(input: 1_000, cacheRead: 10_000, cacheWrite: 100, cacheWriteLong: 10, output: 200)

    @Test(
        "What is published is priced exactly",
        arguments: [
            // 1,000 × 5,000 + 10,000 × 500 + 100 × 6,250 + 10 × 10,000 + 200 × 25,000
            ("claude-opus-4-8", "anthropic", usage, Terms(), 15_725_000),
            ("claude-opus-4-8", "anthropic", usage, Terms(tier: "standard", region: "global", speed: "standard"), 15_725_000),
            ("claude-opus-4-8", "anthropic", usage, Terms(region: "us"), 17_297_500),
            ("claude-opus-4-8", "anthropic", usage, Terms(speed: "fast"), 31_450_000),
            ("claude-opus-4-8", "anthropic", usage, Terms(region: "us", speed: "fast"), 34_595_000),
            ("claude-opus-4-8", "anthropic", usage, Terms(tier: "batch"), 7_862_500),
            ("claude-opus-4-5", "anthropic", usage, Terms(region: "not_available"), 15_725_000),
            // 1,000 × 2,000 + 10,000 × 100 + 100 × 2,500 + 10 × 5,000 + 200 × 10,000
            ("gpt-6.1-sol", "openai", usage, Terms(tier: "default"), 5_300_000),
            ("gpt-6.1-sol", "openai", usage, Terms(tier: "flex"), 2_650_000),
            ("gpt-6.1-sol", "openai", usage, Terms(tier: "priority", asked: "auto"), 10_600_000),
            ("gpt-6.1-sol", "openai", usage, Terms(tier: "default", asked: "priority"), 5_300_000),
            // 300,000 × 4,000 + 200 × 15,000, and twice that
            ("gpt-6.1-sol", "openai", TokenUsage(input: 300_000, output: 200), Terms(), 1_203_000_000),
            ("gpt-6.1-sol", "openai", TokenUsage(input: 300_000, output: 200), Terms(tier: "priority"), 2_406_000_000),
            ("gpt-6.1-sol", "openai", TokenUsage(input: 272_000), Terms(), 544_000_000),
            // 300,000 × 2,500 + 10 × 11,250
            ("gpt-5.4", "openai", TokenUsage(input: 300_000, output: 10), Terms(tier: "batch"), 750_112_500),
            // 1,000 × 3,600 + 10,000 × 360 + 100 × 3,600 + 10 × 3,600 + 200 × 21,600
            ("gemini-3.1-pro-preview", "google", usage, Terms(tier: "PRIORITY"), 11_916_000),
            // 1,000 × 1,000 + 10,000 × 200 + 200 × 6,000: what is read from a cache is not halved.
            ("gemini-3.1-pro-preview", "google", TokenUsage(input: 1_000, cacheRead: 10_000, output: 200), Terms(tier: "flex"), 4_200_000),
            ("gemini-2.5-pro", "google", TokenUsage(webSearches: 3), Terms(), 35_000_000),
            ("gemini-3.1-pro-preview", "google", TokenUsage(webSearches: 3), Terms(tools: ["google_maps": 2]), 70_000_000),
            ("gpt-5.4-mini", "openai", TokenUsage(webSearches: 3), Terms(tools: ["file_search_call": 4]), 40_000_000),
            ("gpt-4.1", "openai", TokenUsage(webSearches: 2), Terms(), 50_000_000),
            ("claude-sonnet-5-5", "anthropic", TokenUsage(webSearches: 2), Terms(tools: ["web_fetch_requests": 7]), 20_000_000),
            (
                "grok-4.7", "custom-x", TokenUsage(input: 10),
                Terms(tools: ["SERVER_SIDE_TOOL_WEB_SEARCH": 2, "SERVER_SIDE_TOOL_COLLECTIONS_SEARCH": 1]), 12_520_000
            ),
            // 210,000 × 4,000 + 10 × 12,000
            ("grok-4.7", "custom-x", TokenUsage(input: 10_000, cacheRead: 200_000, output: 10), Terms(), 240_120_000),
        ] as [(String, String, TokenUsage, Terms, Int64)])
    func exact(model: String, provider: String, usage: TokenUsage, terms: Terms, billionths: Int64) {
        let charge = charge(model, provider, usage, terms)
        #expect(charge.cost.rawValue == billionths && charge.reasons.isEmpty, "\(charge)")
    }

    @Test(
        "What is not published is an estimate that says why, and never below what is known",
        arguments: [
            ("claude-opus-4-8", "anthropic", usage, Terms(tier: "priority"), .tier),
            ("claude-opus-4-8", "anthropic", usage, Terms(region: "mars"), .tier),
            ("claude-opus-4-5", "anthropic", usage, Terms(speed: "fast"), .tier),
            ("gpt-6.1-sol", "openai", usage, Terms(tier: "scale"), .tier),
            ("mistral-large", "mistral", TokenUsage(input: 9), Terms(tier: "batch"), .tier),
            // It was asked for, and whether it was given is not told.
            ("gpt-6.1-sol", "openai", usage, Terms(asked: "priority"), .tier),
            ("gpt-6.1-sol", "openai", usage, Terms(asked: "flex"), .tier),
            // There is no such tier for prompts as long as this.
            ("gpt-5.4", "openai", TokenUsage(input: 300_000, output: 10), Terms(tier: "priority"), .tier),
            ("gpt-6.1-sol", "openai", usage, Terms(tools: ["code_interpreter_call": 1]), .tool),
            ("claude-opus-4-8", "anthropic", usage, Terms(tools: ["code_execution_requests": 1]), .tool),
            ("mistral-large", "mistral", TokenUsage(webSearches: 1), Terms(), .tool),
        ] as [(String, String, TokenUsage, Terms, EstimateReason)])
    func estimated(model: String, provider: String, usage: TokenUsage, terms: Terms, reason: EstimateReason) {
        let charge = charge(model, provider, usage, terms)
        #expect(charge.reasons == [reason], "\(charge)")
        #expect(charge.cost >= self.charge(model, provider, usage).cost)
    }

    @Test(
        "Outside of busy hours it costs less where the provider says so",
        arguments: [
            // Monday, 2026-11-30.
            (1_796_000_400_000 - 1, 1), (1_796_000_400_000, 2), (1_796_011_200_000 - 1, 2), (1_796_011_200_000, 1),
            (1_796_018_400_000, 2), (1_796_032_800_000, 1),
            // Sunday and Saturday at the same hours.
            (1_796_000_400_000 - 86_400_000, 1), (1_796_018_400_000 - 2 * 86_400_000, 1),
            // The Friday before.
            (1_796_018_400_000 - 3 * 86_400_000, 2),
        ] as [(Int64, Int64)])
    func hours(time: Int64, halves: Int64) {
        let charge = charge("deepseek-v4-pro", "custom-deepseek", TokenUsage(input: 1_000, output: 100), at: time)
        // 1,000 × 660 + 100 × 1,980
        #expect(charge.cost.rawValue == 858_000 * halves && charge.reasons.isEmpty)
    }

    @Test("What the provider says that a request costs is what it costs, under whatever name")
    func told() {
        for model in ["anthropic/claude-opus-4.5", "house-llm", "openrouter/auto"] {
            let read = UsageReading(TokenUsage(input: 1_000, output: 100), model: model) {
                $0.cost = Money(rawValue: 12_345)
                $0.tier = "scale"
                $0.tools = ["code_interpreter": 4]
            }
            let charge = prices.charge(for: read, facts: RequestFacts(model: model), provider: "custom-router")
            #expect(charge.cost.rawValue == 12_345 && charge.reasons.isEmpty)
        }
        // Without that word it is the maker's price, which the seller may not take.
        let read = UsageReading(TokenUsage(input: 1_000, output: 100), model: "anthropic/claude-opus-4.5")
        let charge = prices.charge(for: read, facts: RequestFacts(model: "anthropic/claude-opus-4.5"), provider: "custom-router")
        #expect(charge.cost.rawValue == 7_500_000 && charge.reasons == [.similarModel])
    }

    // MARK: - What is held back

    @Test(
        "What is held back is never below what tiers, regions and long prompts make of it",
        arguments: ["claude-opus-4-8", "gpt-6.1-sol", "gpt-5.4", "gemini-3.1-pro-preview", "gpt-5.4-nano", "gpt-5.4-ultra", "house"])
    func reserved(model: String) {
        let provider = model.hasPrefix("claude") ? "anthropic" : model.hasPrefix("gemini") ? "google" : "openai"
        for tier in [nil, "priority", "flex", "default", "odd"] as [String?] {
            for (bytes, output) in [(2_000, 100), (800_000, 1), (800_000, 40_000)] {
                let facts = RequestFacts(model: model, limit: output, tier: tier, bytes: bytes)
                let held = prices.reservation(for: facts, provider: provider)
                #expect(held.project == nil)
                for usage in [TokenUsage(input: bytes, output: output), TokenUsage(cacheWriteLong: bytes, output: output)] {
                    let read = UsageReading(usage, model: model) {
                        $0.tier = tier
                        $0.region = provider == "anthropic" ? "us" : nil
                    }
                    let cost = prices.charge(for: read, facts: facts, provider: provider).cost
                    #expect(cost <= held.platform, "\(model) \(tier ?? "-"): \(usage)")
                }
            }
        }
    }

    @Test("A model without a price and without a limit is taken to write 32,000 tokens at most, and any that is named as it says")
    func noLimit() {
        for provider in ["custom-house", "openai"] {
            let unknown = prices.quote(of: "llama3:8b", at: provider).price
            func held(_ limit: Int?) -> Money {
                prices.reservation(for: RequestFacts(model: "llama3:8b", limit: limit, bytes: 20), provider: provider).platform
            }
            #expect(held(nil) == held(32_000) && held(nil) >= unknown.cost(of: TokenUsage(output: 32_000)))
            #expect(held(100_000) >= unknown.cost(of: TokenUsage(output: 100_000)))
        }
        #expect(
            prices.reservation(for: RequestFacts(model: "llama3:8b", bytes: 20), provider: "custom-house").platform
                < Money(rawValue: 1_000_000_000), "A word to a local model fits under a small budget")
    }
}
