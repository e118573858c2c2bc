import Metering
import Testing

/// A custom endpoint is whatever somebody has put there: what it answers is no reason to die, nor to give money back.
@Suite("Counts that can't be")
struct HostileCountsTests {
    static let oddNumbers = [
        "-1", "-9223372036854775808", "9223372036854775807", "99999999999999999999999999", "1.5", "1e30", "1e999", "\"12\"", "true", "null",
        "{}", "[]", "[[1]]",
    ]

    private func check(_ body: String, _ format: WireFormat) {
        let read = reading(Array(body.utf8), as: format, type: "application/json", in: .random(seed: 6, most: 30))
        let charge = PriceList().charge(for: read, requested: "claude-opus-4-5", requestBytes: 4_000)
        #expect(charge.cost >= .zero, "\(body)")
        for usage in [read.usage, charge.usage] {
            #expect(usage.covers(TokenUsage()), "No count is negative: \(body)")
        }
    }

    @Test("They never make a cost negative, and crash nothing", arguments: HostileCountsTests.oddNumbers)
    func numbers(number: String) {
        let other = #""total_tokens":\#(number)"#
        check(
            #"{"usage":{"input_tokens":\#(number),"output_tokens":\#(number),"cache_read_input_tokens":\#(number),"#
                + #""cache_creation_input_tokens":\#(number),\#(other)}}"#, .messages)
        check(#"{"usage":{"prompt_tokens":\#(number),"completion_tokens":\#(number),\#(other)}}"#, .chat)
        check(#"{"usage":{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":\#(number)}}}"#, .chat)
        check(#"{"usage":{"input_tokens":5,"output_tokens":\#(number),"input_tokens_details":{"cached_tokens":9}}}"#, .responses)
        check(
            #"{"usageMetadata":{"promptTokenCount":\#(number),"cachedContentTokenCount":7,"candidatesTokenCount":\#(number),"#
                + #""thoughtsTokenCount":\#(number),"toolUsePromptTokenCount":\#(number)}}"#, .gemini)
        check(#"{"usage":{"prompt_tokens":\#(number)},"usageMetadata":{"promptTokenCount":\#(number)}}"#, .unknown)
    }

    /// A response that reports a count, in the form of a format.
    struct Answer: Sendable, CustomTestStringConvertible {
        var format: WireFormat
        var body: @Sendable (_ count: String) -> String
        var testDescription: String { "\(format)" }
    }

    static let answers = [
        Answer(format: .chat) { #"{"model":"gpt-4.1","usage":{"prompt_tokens":\#($0),"completion_tokens":5}}"# },
        Answer(format: .chat) { #"{"model":"gpt-4.1","usage":{"prompt_tokens":5,"completion_tokens":\#($0)}}"# },
        Answer(format: .chat) {
            #"{"model":"gpt-4.1","usage":{"prompt_tokens":\#($0),"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":\#($0)}}}"#
        },
        Answer(format: .responses) {
            #"{"model":"gpt-4.1","status":"completed","usage":{"input_tokens":5,"output_tokens":\#($0),"output_tokens_details":{"reasoning_tokens":\#($0)}}}"#
        },
        Answer(format: .messages) {
            #"{"model":"claude-opus-4-5","usage":{"input_tokens":5,"cache_read_input_tokens":\#($0),"output_tokens":5}}"#
        },
        Answer(format: .messages) {
            #"{"model":"claude-opus-4-5","usage":{"input_tokens":5,"output_tokens":5,"server_tool_use":{"web_search_requests":\#($0)}}}"#
        },
        Answer(format: .gemini) { #"{"usageMetadata":{"promptTokenCount":5,"thoughtsTokenCount":\#($0),"candidatesTokenCount":5}}"# },
        Answer(format: .chat) {
            #"{"model":"grok-4","usage":{"prompt_tokens":5,"completion_tokens":5,"num_sources_used":\#($0),"cost_in_usd_ticks":90000000000000}}"#
        },
        Answer(format: .embeddings) { #"{"model":"text-embedding-3-small","usage":{"prompt_tokens":\#($0),"total_tokens":\#($0)}}"# },
    ]

    @Test(
        "More than any request can use does not count: it is estimated by its length, and says why",
        arguments: answers, ["30000000000", "1000000000000", "1000000000000000", "99999999999999999999999999", "1e30"])
    func impossible(answer: Answer, count: String) {
        let body = answer.body(count)
        let read = reading(Array(body.utf8), as: answer.format, type: "application/json")
        let charge = PriceList().charge(for: read, requested: "gpt-4.1", requestBytes: 4_000)
        #expect(charge.reasons.contains(.implausible), "\(body): \(charge)")
        #expect(charge.usage.total <= 4_000 && charge.cost < Money(rawValue: 1_000_000_000), "\(body): \(charge)")
        let possible = reading(Array(answer.body("17").utf8), as: answer.format, type: "application/json")
        let honest = PriceList().charge(for: possible, requested: "gpt-4.1", requestBytes: 4_000)
        #expect(!honest.reasons.contains(.implausible))
    }

    /// As much as the largest models can do, and with tools that have them read their prompt again.
    static let largest: [(usage: TokenUsage, facts: RequestFacts)] = [
        (TokenUsage(input: 9_000_000, cacheRead: 1_000_000), RequestFacts()),
        (TokenUsage(input: 5, output: 1_048_576, reasoning: 1_048_000), RequestFacts(model: "m", limit: 100)),
        (TokenUsage(cacheRead: 900_000_000, output: 2_000_000, webSearches: 120), RequestFacts()),
        (TokenUsage(input: 90_000_000), RequestFacts(model: "m", bytes: 95_000_000)),
    ]

    @Test("The largest counts that an honest provider can report are booked as they are", arguments: largest)
    func possible(_ row: (usage: TokenUsage, facts: RequestFacts)) {
        let read = UsageReading(row.usage, model: "gpt-5")
        let charge = PriceList().charge(for: read, facts: row.facts, provider: "openai")
        #expect(charge.usage == row.usage && charge.reasons.isEmpty, "\(charge)")
    }

    @Test("Where a count is no count, the usage is not whole", arguments: ["null", "\"12\"", "{}", "[]", "true"])
    func noCounts(value: String) {
        let body = #"{"model":"gpt-4.1","usage":{"prompt_tokens":\#(value),"completion_tokens":\#(value)}}"#
        let read = reading(Array(body.utf8), as: .chat, type: "application/json")
        let completed = read.completed(requestBytes: 4_000)
        #expect(completed.isEstimated && completed.usage.input > 0 && completed.usage.output > 0)
    }

    @Test("Where one of the counts is missing, that one is estimated and flagged")
    func oneMissing() {
        for usage in [#""prompt_tokens":100"#, #""completion_tokens":100"#] {
            let body = #"{"model":"gpt-4.1","choices":[{"message":{"content":"Some text"}}],"usage":{\#(usage)}}"#
            let completed = reading(Array(body.utf8), as: .chat, type: "application/json").completed(requestBytes: 4_000)
            #expect(completed.isEstimated && completed.usage.input > 0 && completed.usage.output > 0, "\(usage)")
        }
    }
}
