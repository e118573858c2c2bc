import Metering
import Testing

@Suite("Searches that a request allows")
struct OfferedToolsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var provider: String
        var body: String
        var calls: [String: Int]
        /// The most that the calls cost, in thousandths of a cent.
        var milliCents: Int64
    }

    static let cases = [
        Case(
            testDescription: "Anthropic, five at most", provider: "anthropic",
            body: #"{"model":"claude-opus-4-8","tools":[{"type":"web_search_20250305","name":"web_search","max_uses":5}]}"#,
            calls: ["web_search": 5], milliCents: 5_000),
        Case(
            testDescription: "Anthropic, the limit before the type, beside tools of the client", provider: "anthropic",
            body:
                #"{"tools":[{"name":"web_search","type":"custom","max_uses":9},{"max_uses":2,"type":"web_search_20260209"},{"name":"x","max_uses":3}],"model":"claude-opus-4-8"}"#,
            calls: ["web_search": 2], milliCents: 2_000),
        Case(
            testDescription: "Anthropic, no limit", provider: "anthropic",
            body: #"{"model":"claude-opus-4-8","tools":[{"type":"web_search_20250305","name":"web_search"}]}"#,
            calls: ["web_search": 10], milliCents: 10_000),
        Case(
            testDescription: "Anthropic, fetches and code are not billed by the call", provider: "anthropic",
            body: #"{"model":"claude-opus-4-8","tools":[{"type":"web_fetch_20250910","max_uses":5},{"type":"code_execution_20250825"}]}"#,
            calls: [:], milliCents: 0),
        Case(
            testDescription: "Responses, with a limit for all tools", provider: "openai",
            body: #"{"model":"gpt-5.4","max_tool_calls":3,"tools":[{"type":"web_search"},{"type":"file_search"},{"type":"function"}]}"#,
            calls: ["web_search": 3, "file_search": 3], milliCents: 3_750),
        Case(
            testDescription: "a completion that searches once", provider: "openai",
            body: #"{"model":"gpt-5-search-api","web_search_options":{"search_context_size":"low"}}"#, calls: ["web_search": 1],
            milliCents: 1_000),
        Case(
            testDescription: "Gemini 2.5, which bills a request once", provider: "google",
            body: #"{"model":"gemini-2.5-pro","tools":[{"google_search":{}},{"functionDeclarations":[{"name":"google_search"}]}]}"#,
            calls: ["web_search": 10], milliCents: 3_500),
        Case(
            testDescription: "Gemini 3, which bills each query", provider: "google",
            body: #"{"model":"gemini-3.1-pro-preview","tools":[{"googleSearch":{},"googleMaps":{}}]}"#,
            calls: ["web_search": 10, "google_maps": 10], milliCents: 28_000),
        Case(
            testDescription: "Mistral, whose price is not known: the list's dearest", provider: "mistral",
            body: #"{"model":"mistral-medium-latest","tools":[{"type":"web_search"}]}"#, calls: ["web_search": 10], milliCents: 35_000),
        Case(
            testDescription: "tools without a search", provider: "openai",
            body: #"{"model":"gpt-5.4","tools":[{"type":"function","name":"web_search"}],"web_search_options":null}"#, calls: [:],
            milliCents: 0),
        Case(
            testDescription: "what is no list", provider: "openai",
            body: #"{"model":"gpt-5.4","tools":{"type":"web_search"},"max_tool_calls":"many"}"#, calls: [:], milliCents: 0),
    ]

    @Test("As many are held as the request allows, ten where it does not say, each at its price", arguments: cases, Pieces.all)
    func held(case: Case, pieces: Pieces) {
        let prices = PriceList()
        let asked = facts(`case`.body, in: pieces)
        #expect(asked.toolCalls == `case`.calls)
        var without = asked
        without.toolCalls = [:]
        let more =
            prices.reservation(for: asked, provider: `case`.provider).platform
            - prices.reservation(for: without, provider: `case`.provider).platform
        #expect(more == Money(rawValue: `case`.milliCents * 10_000))
    }

    @Test("A limit beyond all sense holds more than any budget has, and does not overflow")
    func absurd() {
        let tools = #"{"type":"web_search_20250305","max_uses":9223372036854775807}"#
        let asked = facts(#"{"model":"claude-opus-4-8","tools":[\#(tools),\#(tools)]}"#)
        #expect(asked.toolCalls == ["web_search": .max])
        #expect(PriceList().reservation(for: asked, provider: "anthropic").platform > Money(rawValue: 1_000_000_000_000_000))
        let list = (0..<10_000).map { _ in #"{"type":"web_search"}"# }.joined(separator: ",")
        #expect(facts(#"{"model":"gpt-5.4","tools":[\#(list)]}"#).toolCalls == ["web_search": 40_960])
    }

    @Test("A completion that searched costs its search at the model's price, and is exact")
    func chat() {
        let reading = UsageReading(TokenUsage(input: 1_000, output: 100), model: "gpt-5-search-api") {
            $0.tools = ["web_search_preview": 1]
        }
        let charge = PriceList().charge(for: reading, facts: facts(#"{"model":"gpt-5-search-api"}"#), provider: "openai")
        #expect(charge.reasons.isEmpty && charge.cost == Money(rawValue: 1_250_000 + 1_000_000 + 10_000_000))
        // Nor is it free where its price is not known.
        let other = PriceList().charge(for: reading, facts: facts(#"{"model":"gpt-4o"}"#), provider: "mistral")
        #expect(other.reasons.contains(.similarModel) && other.cost >= charge.cost)
    }
}
