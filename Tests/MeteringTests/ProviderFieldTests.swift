import Metering
import Testing

/// What providers tell that speak like OpenAI, each in its own way.
@Suite("Fields of one provider's own")
struct ProviderFieldTests {
    static func usage(_ fields: String) -> String { #"{"model":"m","choices":[{"message":{"content":"x"}}],"usage":{\#(fields)}}"# }

    @Test(
        "Caches, thoughts and parts of the prompt",
        arguments: [
            // DeepSeek
            (
                #""prompt_tokens":100,"completion_tokens":9,"total_tokens":109,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36"#,
                TokenUsage(input: 36, cacheRead: 64, output: 9)
            ),
            (
                #""prompt_tokens":100,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":64},"prompt_cache_hit_tokens":64"#,
                TokenUsage(input: 36, cacheRead: 64, output: 9)
            ),
            (
                #""completion_tokens":9,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36"#,
                TokenUsage(input: 36, cacheRead: 64, output: 9)
            ),
            // Moonshot
            (#""prompt_tokens":50,"completion_tokens":4,"cached_tokens":30"#, TokenUsage(input: 20, cacheRead: 30, output: 4)),
            // OpenRouter, and OpenAI from gpt-5.6 on
            (
                #""prompt_tokens":194,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":40,"cache_write_tokens":100}"#,
                TokenUsage(input: 54, cacheRead: 40, cacheWrite: 100, output: 2)
            ),
            // xAI counts thoughts beside the rest, the others within it: the total tells.
            (
                #""prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}"#,
                TokenUsage(input: 10, output: 105, reasoning: 100)
            ),
            (
                #""prompt_tokens":10,"completion_tokens":105,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}"#,
                TokenUsage(input: 10, output: 105, reasoning: 100)
            ),
            // Mistral's conversations
            (#""prompt_tokens":10,"completion_tokens":5,"connector_tokens":700"#, TokenUsage(input: 710, output: 5)),
        ] as [(String, TokenUsage)])
    func counts(fields: String, usage: TokenUsage) {
        for pieces in Pieces.all {
            let read = reading(Array(Self.usage(fields).utf8), as: .chat, type: "application/json", in: pieces)
            #expect(read.isWhole && read.usage == usage)
        }
    }

    @Test("Moonshot's streams report it in a choice, and Groq's in a separate place", arguments: Pieces.all)
    func streams(pieces: Pieces) {
        let delta = event(nil, #"{"model":"m","choices":[{"index":0,"delta":{"content":"usage"},"finish_reason":null}]}"#)
        let moonshot = event(
            nil,
            #"""
            {"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":50,"completion_tokens":4,\#
            "total_tokens":54,"cached_tokens":30}}]}
            """#)
        let groq = event(
            nil,
            #"""
            {"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"queue_time":0.02,\#
            "prompt_tokens":50,"prompt_tokens_details":{"cached_tokens":30},"completion_tokens":4,"total_tokens":54}}}
            """#)
        for end in [moonshot, groq] {
            let read = reading(
                Array((delta + end + event(nil, "[DONE]")).utf8), as: .chat, type: "text/event-stream", in: pieces)
            #expect(read.isWhole && read.usage == TokenUsage(input: 20, cacheRead: 30, output: 4))
        }
    }

    @Test(
        "What the provider says that it costs",
        arguments: [
            (#""cost":0.00011018"#, 110_180), (#""cost":4.2e-05,"is_byok":false,"cost_details":{"upstream_inference_cost":0.9}"#, 42_000),
            // With one's own key at OpenRouter the fee is told apart from what the provider takes.
            (#""cost":0.95,"is_byok":true,"cost_details":{"upstream_inference_cost":19}"#, 19_950_000_000),
            (#""cost":0.95,"cost_details":{"upstream_inference_cost":19}"#, 19_950_000_000),
            (#""cost":0.5,"cost_details":{"upstream_inference_cost":0.5}"#, 500_000_000),
            (#""cost":0.5,"cost_details":{"upstream_inference_cost":null}"#, 500_000_000), (#""cost":0"#, 0),
            // Digits of a binary fraction, and a part of a billionth.
            (#""cost":0.00048200000000000006"#, 482_000), (#""cost":1.5e-9"#, 2),
            // xAI and Perplexity
            (#""cost_in_usd_ticks":37756000"#, 3_775_600), (#""cost_in_usd_ticks":31831900000000"#, 3_183_190_000_000),
            (#""cost":{"input_tokens_cost":0.1,"total_cost":0.25}"#, 250_000_000),
        ] as [(String, Int64)])
    func cost(fields: String, nanodollars: Int64) {
        let body = Self.usage(#""prompt_tokens":1,"completion_tokens":1,\#(fields)"#)
        let read = reading(Array(body.utf8), as: .chat, type: nil)
        #expect(read.billing.cost == Money(rawValue: nanodollars))
        let response = #"{"model":"m","status":"completed","usage":{"input_tokens":1,"output_tokens":1,\#(fields)}}"#
        #expect(reading(Array(response.utf8), as: .responses, type: nil).billing.cost == Money(rawValue: nanodollars))
    }

    @Test(
        "An invalid amount is ignored",
        arguments: [
            #""0.5""#, "-1", "null", "true", "{}", "[1]", "1e300", "1e99999", "NaN", "1e-400x",
            "99999999999999999999999999999999999999999999",
        ])
    func noCost(value: String) {
        let body = Self.usage(#""prompt_tokens":1,"completion_tokens":1,"cost":\#(value)"#)
        #expect(reading(Array(body.utf8), as: .chat, type: nil).billing.cost == nil)
    }

    @Test("The tier, the region and the speed that answered")
    func tiers() {
        let start = event(
            "message_start",
            #"""
            {"type":"message_start","message":{"model":"m","usage":{"input_tokens":1,"output_tokens":1,"service_tier":"priority",\#
            "inference_geo":"us","speed":"fast"}}}
            """#)
        let delta = event("message_delta", #"{"type":"message_delta","usage":{"output_tokens":3,"service_tier":null}}"#)
        let messages = reading(Array((start + delta).utf8), as: .messages, type: "text/event-stream").billing
        #expect(messages.tier == "priority" && messages.region == "us" && messages.speed == "fast")
        let texts: [(WireFormat, String, String?)] = [
            (.messages, #"{"usage":{"input_tokens":1,"service_tier":"batch"}}"#, "batch"),
            (.chat, #"{"service_tier":"flex","usage":{"prompt_tokens":1,"completion_tokens":1}}"#, "flex"),
            (.responses, #"{"service_tier":"default","usage":{"input_tokens":1}}"#, "default"),
            (.responses, #"{"response":{"service_tier":"priority","usage":{"input_tokens":1}}}"#, "priority"),
            (.gemini, #"{"usageMetadata":{"promptTokenCount":1,"serviceTier":"flex"}}"#, "flex"),
            (.chat, #"{"service_tier":null,"choices":[{"service_tier":"x"}]}"#, nil), (.chat, #"{"service_tier":7}"#, nil),
        ]
        for (format, text, tier) in texts { #expect(reading(Array(text.utf8), as: format, type: nil).billing.tier == tier, "\(text)") }
    }
}
