import Foundation
import Metering
import Testing

@Suite("A user's own prices")
struct PriceFileTests {
    private func with<Result>(_ text: String, _ body: (PriceList) throws -> Result) throws -> Result {
        let folder = NSTemporaryDirectory() + "prices-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/prices.yaml"))
        return try body(PriceList(userFile: folder + "/prices.yaml"))
    }

    private func cost(_ prices: PriceList, _ model: String, _ usage: TokenUsage) -> Int64? {
        prices.price(of: model)?.cost(of: usage).rawValue
    }

    @Test("They take precedence over the built-in ones, which apply to everything else")
    func overrides() throws {
        let text = """
            # What our contract says.
            prices:
              - {model: gpt-5-codex*, input: 7, output: 9}
              - {model: house-model, input: 1, cache-read: 0.5, output: 2, most: 1000}
              - {model: exact, input: 3, output: 3}
            """
        try with(text) { prices in
            #expect(prices.problems.isEmpty, "\(prices.problems)")
            #expect(cost(prices, "gpt-5-codex-2026-01-15", TokenUsage(input: 10, output: 1)) == 79_000)
            let beginsSo = prices.quote(of: "gpt-5-codex-2026", at: "openai")
            #expect(beginsSo.price.cost(of: TokenUsage(input: 10, output: 1)).rawValue == 79_000)
            #expect(beginsSo.basis == .beginning && beginsSo.isPriced && beginsSo.reason == .similarModel)
            #expect(cost(prices, "gpt-5-2025-08-07", TokenUsage(input: 10, output: 1)) == 22_500)
            #expect(cost(prices, "house-model", TokenUsage(input: 1, cacheRead: 1, cacheWrite: 1, output: 1)) == 4_500)
            #expect(prices.price(of: "house-model")?.most == 1_000)
            #expect(prices.price(of: "exact-2") == nil && prices.price(of: "exac") == nil)
        }
        try with("prices:\n  - {model: gpt-4.1*, input: 1, output: 1}\n") { prices in
            #expect(cost(prices, "gpt-4.1-2025-04-14", TokenUsage(input: 1)) == 1_000, "The same name: the user's own holds")
        }
    }

    @Test("One that is dearer than all others is what an unknown model costs")
    func dearer() throws {
        try with("prices:\n  - {model: mine*, input: 1000, output: 5000, most: 900000}\n") { prices in
            #expect(prices.dearest.cost(of: TokenUsage(input: 1)).rawValue >= 1_000_000)
            #expect(prices.dearest.cost(of: TokenUsage(output: 1)).rawValue >= 5_000_000)
            #expect(prices.dearest.most >= 900_000)
            #expect(prices.quote(of: "mine-or-not", at: "custom-house").price.cost(of: TokenUsage(input: 1)).rawValue == 1_000_000)
        }
    }

    @Test("Long prompts have one threshold or several, and tiers a factor or separate prices")
    func forms() throws {
        let text = """
            prices:
              - model: house-model
                maker: house
                source: https://example.org/prices
                read: 2026-11-01
                input: 1
                output: 2
                above: [{tokens: 1000, input: 3, output: 4}, {tokens: 100, input: 2, output: 3}]
                tiers: {batch: 0.5, priority: {input: 10, output: 20}}
                tools: {dig: 1}
            """
        try with(text) { prices in
            #expect(prices.problems.isEmpty, "\(prices.problems)")
            for (tokens, billionths) in [(100, 100_000), (101, 202_000), (1_000, 2_000_000), (1_001, 3_003_000)] as [(Int, Int64)] {
                #expect(cost(prices, "house-model", TokenUsage(input: tokens)) == billionths)
            }
            let entry = try #require(prices.entries.first)
            #expect(entry.isOwn && entry.source == "https://example.org/prices" && entry.read == "2026-11-01")
            let read = UsageReading(TokenUsage(input: 10), model: "house-model") {
                $0.tier = "batch"
                $0.tools = ["dig": 2]
            }
            let charge = prices.charge(for: read, facts: RequestFacts(model: "house-model"), provider: "custom-house")
            #expect(charge.cost.rawValue == 5_000 + 2_000_000 && charge.reasons.isEmpty, "\(charge)")
        }
    }

    @Test("A part of a billionth of a dollar counts as a whole one")
    func roundingUp() throws {
        try with("prices:\n  - {model: tiny, input: 0.0001, output: 0}\n") { prices in
            for (tokens, billionths) in [(0, 0), (1, 1), (10, 1), (11, 2), (1_000_000, 100_000)] {
                #expect(cost(prices, "tiny", TokenUsage(input: tokens)) == Int64(billionths))
            }
        }
    }

    @Test(
        "A line that is wrong costs that line only, and is named with the file and its number",
        arguments: [
            "{model: wrong*, input: cheap, output: 1}", "{model: wrong*, input: -1, output: 1}", "{model: wrong*, output: 1}",
            "{model: wrong*, input: 1}", "{input: 1, output: 1}", "{model: wrong*, input: .inf, output: 1}",
            "{model: wrong*, input: .nan, output: 1}", "{model: wrong*, input: 1e300, output: 1}", "just words", "[1, 2]",
            "{model: wrong*, input: 1, output: 1, most: -5}", "{model: wrong*, input: 1, output: 1, tiers: {batch: half}}",
            "{model: wrong*, input: 1, output: 1, tiers: 2}", "{model: wrong*, input: 1, output: 1, regions: {us: 1.23456}}",
            "{model: wrong*, input: 1, output: 1, off-peak: {factor: 0.5, peak-hours: [9]}}",
            "{model: wrong*, input: 1, output: 1, search-per: day}", "{model: wrong*, input: 1, output: 1, tools: {dig: deep}}",
            "{model: wrong*, input: 1, output: 1, above: {tokens: many, input: 1}}",
        ])
    func wrongLine(line: String) throws {
        let text = "prices:\n  - {model: first, input: 1, output: 1}\n  - \(line)\n  - {model: last, input: 2, output: 2}\n"
        try with(text) { prices in
            let problem = try #require(prices.problems.first)
            #expect(prices.problems.count == 1 && problem.contains("prices.yaml") && problem.contains("3"), "\(prices.problems)")
            #expect(prices.price(of: "wrong-model") == nil)
            #expect(cost(prices, "first", TokenUsage(input: 1)) == 1_000)
            #expect(cost(prices, "last", TokenUsage(input: 1)) == 2_000)
            #expect(cost(prices, "gpt-5", TokenUsage(input: 1)) == 1_250)
        }
    }

    @Test(
        "A file that can't be read at all is a problem, and the built-in prices hold",
        arguments: ["prices: [", "\u{0}", "prices: 7", "- a"])
    func wrongFile(text: String) throws {
        try with(text) { prices in
            #expect(prices.problems.count == 1 && prices.problems.allSatisfy { $0.contains("prices.yaml") }, "\(prices.problems)")
            #expect(cost(prices, "gpt-5", TokenUsage(input: 1)) == 1_250)
        }
    }

    @Test("No file is no problem, and the built-in list has none and a date")
    func noFile() {
        for prices in [PriceList(), PriceList(userFile: "/nowhere/prices.yaml")] {
            #expect(prices.problems.isEmpty)
            #expect(prices.asOf.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil)
        }
    }
}
