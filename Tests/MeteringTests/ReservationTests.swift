import Fuzzing
import Metering
import Testing

/// Law 11: what is held back before a call is enough for it.
@Suite("What is held back for a request")
struct ReservationTests {
    private let prices = PriceList()
    static let models: [String?] = [
        "claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-5-5", "claude-fable-5", "gpt-5.1", "gpt-5.5-pro", "gpt-4.1", "gpt-4o-mini",
        "o3", "gemini-2.5-pro", "gemini-3.1-pro-preview", "mistral-large-latest", "text-embedding-3-small", "unheard-of", nil,
    ]

    /// A body of a request that is at least so long.
    private func body(_ model: String?, limit: Int?, bytes: Int) -> String {
        let model = model.map { #""model":"\#($0)","# } ?? ""
        let limit = limit.map { #""max_tokens":\#($0),"# } ?? ""
        return #"{\#(model)\#(limit)"messages":[{"content":"\#(String(repeating: "a", count: bytes))"}]}"#
    }

    @Test("It is never below the cost of a usage that such a request can have", arguments: ReservationTests.models)
    func enough(model: String?) throws {
        var generator = SeededGenerator(seed: 41)
        let price = prices.quote(of: model, at: "openai").price
        // What a model without a price writes at most is not known.
        let most = prices.price(of: model ?? "") == nil ? 32_000 : price.most
        for round in 0..<120 {
            let limit = round % 3 == 0 ? nil : Int.random(in: 1...40_000, using: &generator)
            // Up to where long prompts begin to cost more, and beyond.
            let bytes = round % 40 == 0 ? Int.random(in: 0...900_000, using: &generator) : Int.random(in: 0...5_000, using: &generator)
            let request = facts(body(model, limit: limit, bytes: bytes))
            try #require(request.outputLimit == limit && request.model == model)
            let reserved = prices.reservation(for: request, provider: "openai").platform
            for _ in 0..<10 {
                let usage = usage(prompt: request.bytes, output: min(limit ?? .max, most), &generator)
                #expect(price.cost(of: usage) <= reserved, "\(request) with \(usage)")
            }
        }
    }

    @Test(
        "A limit of zero or less means no limit, as with local servers",
        arguments: [#""max_tokens":-1"#, #""max_tokens":0"#, #""max_tokens":100,"max_completion_tokens":-1"#, #""max_output_tokens":-5"#])
    func zeroLimit(fields: String) {
        let unlimited = prices.reservation(for: facts(#"{"model":"gpt-5.4"}"#), provider: "openai").platform
        let request = facts(#"{"model":"gpt-5.4",\#(fields)}"#)
        #expect(request.outputLimit == nil)
        #expect(prices.reservation(for: request, provider: "openai").platform >= unlimited)
        #expect(facts(#"{"model":"gpt-5.4","max_tokens":7}"#).outputLimit == 7)
    }

    @Test("The speed that a request asks for is held at its price")
    func fast() {
        let body = #"{"model":"claude-opus-4-8","max_tokens":4000,"speed":"fast"}"#
        let slow = prices.reservation(for: facts(body.replacing("fast", with: "standard")), provider: "anthropic").platform
        let fast = prices.reservation(for: facts(body), provider: "anthropic").platform
        let reading = UsageReading(TokenUsage(output: 4_000), model: "claude-opus-4-8") { $0.speed = "fast" }
        let charge = prices.charge(for: reading, facts: facts(body), provider: "anthropic")
        #expect(fast > slow && fast >= charge.cost)
    }

    /// A usage whose prompt and output are at most so long, now and then exactly so, split over the kinds in any way.
    private func usage(prompt: Int, output: Int, _ generator: inout SeededGenerator) -> TokenUsage {
        func upTo(_ most: Int) -> Int {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: 0
            case 1: most
            default: Int.random(in: 0...most, using: &generator)
            }
        }
        var left = upTo(prompt)
        func part() -> Int {
            let part = upTo(left)
            left -= part
            return part
        }
        // The dearest kind is drawn first as often as any other.
        var parts = [part(), part(), part()]
        parts.append(left)
        parts.shuffle(using: &generator)
        let generated = upTo(output)
        return TokenUsage(
            input: parts[0], cacheRead: parts[1], cacheWrite: parts[2], cacheWriteLong: parts[3], output: generated,
            reasoning: upTo(generated))
    }

    @Test("With no limit it is for the most that the model generates, and for a model that is unknown as its provider's dearest")
    func noLimit() throws {
        let opus = try #require(prices.price(of: "claude-opus-4-5"))
        #expect(opus.most == 64_000)
        #expect(opus.reservation(requestBytes: 100, outputLimit: nil) >= opus.cost(of: TokenUsage(output: 64_000)))
        #expect(opus.reservation(requestBytes: 100, outputLimit: 10) < opus.reservation(requestBytes: 100, outputLimit: nil))
        let most = prices.quote(of: "unheard-of", at: "openai").price.cost(of: TokenUsage(output: 32_000))
        #expect(prices.reservation(for: facts(#"{"model":"unheard-of"}"#), provider: "openai").platform >= most)
        #expect(prices.reservation(for: facts(""), provider: "openai").platform > .zero)
    }

    @Test("Numbers that no request can have make no overflow")
    func huge() {
        for bytes in [0, 1, Int.max / 2, Int.max] {
            for limit in [nil, 0, Int.max / 2, Int.max] {
                #expect(prices.dearest.reservation(requestBytes: bytes, outputLimit: limit) >= .zero)
            }
        }
        #expect(prices.dearest.reservation(requestBytes: .max, outputLimit: .max) > Money(rawValue: 1_000_000_000_000))
    }
}
