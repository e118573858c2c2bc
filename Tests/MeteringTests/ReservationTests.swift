import Fuzzing
import Metering
import Testing

/// Law 11: what is held back before a call is enough for it.
@Suite("What is held back for a request")
struct ReservationTests {
    private let prices = PriceList()
    static let models: [String?] = [
        "claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-5-5", "claude-fable-5", "gpt-5.1", "gpt-5.5-pro", "gpt-4.1", "gpt-4o-mini",
        "o3", "gemini-2.5-pro", "gemini-3-pro-preview", "mistral-large-latest", "text-embedding-3-small", "unheard-of", nil,
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
        let price = model.flatMap { prices.price(of: $0) } ?? prices.dearest
        for round in 0..<120 {
            let limit = round % 3 == 0 ? nil : Int.random(in: 0...40_000, using: &generator)
            // Up to where long prompts begin to cost more, and beyond.
            let bytes = round % 40 == 0 ? Int.random(in: 0...900_000, using: &generator) : Int.random(in: 0...5_000, using: &generator)
            let request = facts(body(model, limit: limit, bytes: bytes))
            try #require(request.outputLimit == limit && request.model == model)
            let reserved = prices.reservation(for: request)
            for _ in 0..<10 {
                let usage = usage(prompt: request.bytes / 2, output: min(limit ?? .max, price.most), &generator)
                #expect(price.cost(of: usage) <= reserved, "\(request) with \(usage)")
            }
        }
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

    @Test("With no limit it is for the most that the model generates, and for a model that is unknown as the dearest")
    func noLimit() throws {
        let opus = try #require(prices.price(of: "claude-opus-4-5"))
        #expect(opus.most == 128_000)
        #expect(opus.reservation(requestBytes: 100, outputLimit: nil) >= opus.cost(of: TokenUsage(output: 128_000)))
        #expect(opus.reservation(requestBytes: 100, outputLimit: 10) < opus.reservation(requestBytes: 100, outputLimit: nil))
        let most = prices.dearest.cost(of: TokenUsage(output: prices.dearest.most))
        #expect(prices.reservation(for: facts(#"{"model":"unheard-of"}"#)) >= most)
        #expect(prices.reservation(for: facts("")) > .zero)
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
