import Fuzzing
import Metering
import Testing

@Suite("What requests cost")
struct PriceTests {
    private let prices = PriceList()

    @Test(
        "A usage costs what the published prices make of it",
        arguments: [
            // 1,000 × 5,000 + 20,000 × 500 + 3,000 × 6,250 + 400 × 10,000 + 500 × 25,000 billionths
            (
                "claude-opus-4-5-20251101",
                TokenUsage(input: 1_000, cacheRead: 20_000, cacheWrite: 3_000, cacheWriteLong: 400, output: 500), 50_250_000
            ),
            // Thoughts are a part of the output, and not paid for twice.
            ("claude-opus-4-5", TokenUsage(output: 500, reasoning: 400), 12_500_000),
            // Three searches at a cent each.
            ("claude-sonnet-4-5", TokenUsage(input: 1, output: 1, webSearches: 3), 30_018_000),
            // 1,234 × 50 + 4,321 × 5 + 77 × 400
            ("gpt-5-nano", TokenUsage(input: 1_234, cacheRead: 4_321, output: 77), 114_105),
            // 86 × 2,000 + 1,920 × 500 + 300 × 8,000
            ("gpt-4.1-2025-04-14", TokenUsage(input: 86, cacheRead: 1_920, output: 300, reasoning: 64), 3_532_000),
            // 100 × 500 + 1,000 × 50 + 10 × 1,500
            ("mistral-large-latest", TokenUsage(input: 100, cacheRead: 1_000, output: 10), 115_000),
            // Where the list has no price for the cache, it costs as much as anything read.
            ("gpt-5.5-pro", TokenUsage(cacheRead: 10, cacheWrite: 20, cacheWriteLong: 30), 1_800_000),
            ("text-embedding-3-large", TokenUsage(input: 100), 13_000),
            ("gpt-5", TokenUsage(), 0),
        ] as [(String, TokenUsage, Int64)])
    func cost(model: String, usage: TokenUsage, billionths: Int64) throws {
        let price = try #require(prices.price(of: model))
        #expect(price.cost(of: usage).rawValue == billionths)
    }

    @Test("A long prompt makes the whole request dearer, and what was read from a cache counts as prompt")
    func longPrompt() throws {
        let gemini = try #require(prices.price(of: "gemini-2.5-pro"))
        // 100,000 × 1,250 + 60,000 × 125 + 1,000 × 10,000
        #expect(gemini.cost(of: TokenUsage(input: 100_000, cacheRead: 60_000, output: 1_000)).rawValue == 142_500_000)
        // 150,000 × 2,500 + 60,000 × 250 + 1,000 × 15,000
        #expect(gemini.cost(of: TokenUsage(input: 150_000, cacheRead: 60_000, output: 1_000)).rawValue == 405_000_000)
        // The prompt decides, and not the answer.
        #expect(gemini.cost(of: TokenUsage(input: 199_999, output: 60_000)).rawValue == 199_999 * 1_250 + 60_000 * 10_000)
        #expect(gemini.cost(of: TokenUsage(input: 200_001)).rawValue == 200_001 * 2_500)
        // 90,000 × 500 + 20,000 × 625 + 10 × 1,000 + 100 × 2,500
        let haiku = try #require(prices.price(of: "claude-haiku-5-5"))
        let usage = TokenUsage(input: 90_000, cacheWrite: 20_000, cacheWriteLong: 10, output: 100)
        #expect(haiku.cost(of: usage).rawValue == 57_760_000)
    }

    @Test("Counts that no request can have make no overflow")
    func huge() throws {
        for price in [prices.dearest, try #require(prices.price(of: "gemini-2.5-pro"))] {
            let count = Int.max / 8
            let usage = TokenUsage(input: count, cacheRead: count, cacheWrite: count, output: count, webSearches: count)
            #expect(price.cost(of: usage) > Money(rawValue: 1_000_000_000_000))
        }
    }

    // MARK: - Unknown is never free

    @Test("The dearest is as dear as any, whatever is used")
    func dearest() throws {
        var generator = SeededGenerator(seed: 31)
        let models = [
            "claude-fable-5", "claude-opus-4", "claude-haiku-5-5", "gpt-5.5-pro", "o3", "gemini-3.1-pro-preview", "mistral-large", "gpt-4o",
        ]
        for model in models {
            let price = try #require(prices.price(of: model))
            #expect(prices.dearest.most >= price.most)
            for _ in 0..<100 {
                func some() -> Int { Bool.random(using: &generator) ? 0 : Int.random(in: 0...300_000, using: &generator) }
                let usage = TokenUsage(
                    input: some(), cacheRead: some(), cacheWrite: some(), cacheWriteLong: some(), output: some(),
                    webSearches: some() / 1_000)
                #expect(prices.dearest.cost(of: usage) >= price.cost(of: usage), "\(model), \(usage)")
            }
        }
    }

    @Test("A model that is on no list costs as much as its provider's dearest, and that is flagged", arguments: ["house-llm", "gpt"])
    func unknown(model: String) {
        #expect(prices.price(of: model) == nil)
        let body = #"{"model":"\#(model)","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":100}}"#
        let read = reading(Array(body.utf8), as: .chat, type: "application/json")
        let charge = prices.charge(for: read, requested: "house-gpt", requestBytes: 4_000)
        #expect(charge.usage == TokenUsage(input: 1_000, output: 100))
        #expect(charge.model == model && charge.reasons == [.noPrice])
        #expect(charge.cost == prices.quote(of: model, at: "openai").price.cost(of: charge.usage) && charge.cost > .zero)
    }

    @Test("A model that answers under another name than it was asked for costs what was asked for, as an estimate")
    func otherName() {
        func read(_ model: String) -> UsageReading {
            let body = #"{"model":"\#(model)","usage":{"prompt_tokens":1000,"completion_tokens":100}}"#
            return reading(Array(body.utf8), as: .chat, type: "application/json")
        }
        let charge = prices.charge(for: read("deployment-7"), requested: "gpt-5.4", requestBytes: 4_000)
        #expect(charge.cost.rawValue == 4_000_000 && charge.reasons == [.similarModel])
        // A sibling is another product: as dear as the dearest of its family.
        let sibling = prices.charge(for: read("gpt-5.4-ultra"), requested: "gpt-5.4", requestBytes: 4_000)
        #expect(sibling.cost == prices.quote(of: "gpt-5.4-ultra", at: "openai").price.cost(of: sibling.usage))
        #expect(sibling.cost > charge.cost && sibling.reasons == [.similarModel])
        let read = read("gpt-5.4-ab12")
        let other = prices.charge(for: read, requested: "house-gpt", requestBytes: 4_000)
        #expect(other.cost.rawValue == 48_000_000 && other.reasons == [.similarModel])
    }

    @Test("The model that answered is paid for, and else the one that was asked for")
    func model() throws {
        func charge(_ body: String, requested: String?) -> Charge {
            prices.charge(for: reading(Array(body.utf8), as: .chat, type: "application/json"), requested: requested, requestBytes: 4_000)
        }
        let named = charge(#"{"model":"gpt-4.1","usage":{"prompt_tokens":1000,"completion_tokens":100}}"#, requested: "gpt-5-nano")
        #expect(named.model == "gpt-4.1" && named.cost.rawValue == 2_800_000 && !named.isEstimated)
        let nameless = charge(#"{"usage":{"prompt_tokens":1000,"completion_tokens":100}}"#, requested: "gpt-4.1")
        #expect(nameless.model == "gpt-4.1" && nameless.cost.rawValue == 2_800_000 && !nameless.isEstimated)
        let neither = charge(#"{"usage":{"prompt_tokens":1000,"completion_tokens":100}}"#, requested: nil)
        #expect(neither.cost == prices.quote(of: nil, at: "openai").price.cost(of: neither.usage) && neither.reasons == [.noPrice])
        let nothing = charge(#"{"choices":[]}"#, requested: "gpt-4.1")
        #expect(nothing.isEstimated && nothing.cost > .zero && nothing.usage.total > 0)
        let free = prices.charge(
            for: reading(Array("{}".utf8), as: .free, type: nil), requested: "claude-opus-4-5", requestBytes: 90_000)
        #expect(free.cost == .zero && !free.isEstimated)
    }

    @Test("Every attempt inside of a request is paid for, each with its own model's price")
    func attempts() {
        func cost(_ iterations: String) -> Charge {
            let body =
                #"{"model":"claude-sonnet-5","usage":{"input_tokens":1000,"output_tokens":300,"iterations":[\#(iterations)]}}"#
            return prices.charge(
                for: reading(Array(body.utf8), as: .messages, type: "application/json"), requested: "claude-opus-5", requestBytes: 4_000,
                at: "anthropic")
        }
        let own = #"{"type":"fallback_message","model":"claude-sonnet-5","input_tokens":1000,"output_tokens":300}"#
        // 1,000 × 2,000 + 300 × 10,000
        #expect(cost(own).cost.rawValue == 5_000_000)
        // And 1,000 × 5,000 + 20 × 25,000 for the one that declined.
        let declined = #"{"type":"message","model":"claude-opus-5","input_tokens":1000,"output_tokens":20}"#
        #expect(cost("\(declined),\(own)").cost.rawValue == 10_500_000)
        // A compaction is a pass of the same model that the sums above leave out: 40,000 × 2,000 + 900 × 10,000.
        let compaction = #"{"type":"compaction","input_tokens":40000,"output_tokens":900}"#
        let message = #"{"type":"message","input_tokens":1000,"output_tokens":300}"#
        #expect(cost("\(compaction),\(message)").cost.rawValue == 94_000_000)
    }
}
