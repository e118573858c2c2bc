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
