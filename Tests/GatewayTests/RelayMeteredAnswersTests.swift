import Metering
import Testing

// What the answers are that the tests of the ledger give: each provider's way of telling its usage.
extension MeteredAnswer {
    static let streams = [messages, chat, responses, gemini, mistral]
    static let all = streams + plain

    private static func event(_ name: String, _ data: String) -> String { "event: \(name)\ndata: \(data)\n\n" }
    private static func data(_ data: String) -> String { "data: \(data)\n\n" }

    static let messages = MeteredAnswer(
        name: "messages, streamed", path: "/anthropic/v1/messages?beta=true", model: "claude-opus-4-5-20251101",
        usage: TokenUsage(input: 900, cacheRead: 5_000, cacheWrite: 70, cacheWriteLong: 30, output: 250), toldAfter: 6,
        parts: [
            event(
                "message_start",
                #"""
                {"type":"message_start","message":{"model":"claude-opus-4-5-20251101","usage":{"input_tokens":400,\#
                "cache_creation_input_tokens":100,"cache_read_input_tokens":5000,"cache_creation":{\#
                "ephemeral_5m_input_tokens":70,"ephemeral_1h_input_tokens":30},"output_tokens":2}}}
                """#),
            event("ping", #"{"type": "ping"}"#),
            event(
                "content_block_delta",
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\"usage\":{\"output_tokens\":9999}"}}"#),
            event("message_delta", #"{"type":"message_delta","delta":{},"usage":{"output_tokens":120}}"#),
            event("message_delta", #"{"type":"message_delta","delta":{},"usage":{"input_tokens":900,"output_tokens":250}}"#),
            event("message_stop", #"{"type":"message_stop"}"#),
        ])

    static let chat = MeteredAnswer(
        name: "chat, streamed", path: "/openai/v1/chat/completions",
        request: #"{"model":"gpt-4.1","stream":true,"stream_options":{"include_usage":true}}"#, model: "gpt-4.1-2025-04-14",
        usage: TokenUsage(input: 86, cacheRead: 1_920, output: 300, reasoning: 64), toldAfter: 3,
        parts: [
            data(#"{"model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{"content":"Hé"}}],"usage":null}"#),
            data(#"{"model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#),
            data(
                #"""
                {"model":"gpt-4.1-2025-04-14","choices":[],"usage":{"prompt_tokens":2006,"completion_tokens":300,\#
                "prompt_tokens_details":{"cached_tokens":1920},"completion_tokens_details":{"reasoning_tokens":64}}}
                """#),
            data("[DONE]"),
        ])

    static let responses = MeteredAnswer(
        name: "responses, streamed", path: "/openai/v1/responses", model: "gpt-5.1-2025-11-13",
        usage: TokenUsage(input: 744, cacheRead: 256, output: 170, reasoning: 128), toldAfter: 3,
        parts: [
            event("response.created", #"{"type":"response.created","response":{"model":"gpt-5.1-2025-11-13","usage":null}}"#),
            event("response.output_text.delta", #"{"type":"response.output_text.delta","delta":"Füße"}"#),
            event(
                "response.completed",
                #"""
                {"type":"response.completed","response":{"status":"completed","model":"gpt-5.1-2025-11-13","usage":{\#
                "input_tokens":1000,"input_tokens_details":{"cached_tokens":256},"output_tokens":170,\#
                "output_tokens_details":{"reasoning_tokens":128},"total_tokens":1170}}}
                """#),
        ])

    static let gemini = MeteredAnswer(
        name: "gemini, streamed", path: "/google/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", request: "{}",
        model: "gemini-2.5-pro", usage: TokenUsage(input: 530, cacheRead: 300, output: 135, reasoning: 90),
        parts: [
            data(#"{"candidates":[{}],"usageMetadata":{"promptTokenCount":800},"modelVersion":"gemini-2.5-pro"}"#),
            data(
                #"""
                {"candidates":[{}],"usageMetadata":{"promptTokenCount":800,"cachedContentTokenCount":300,"candidatesTokenCount":20,\#
                "thoughtsTokenCount":90},"modelVersion":"gemini-2.5-pro"}
                """#),
            data(
                #"""
                {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":800,"cachedContentTokenCount":300,\#
                "candidatesTokenCount":45,"thoughtsTokenCount":90,"toolUsePromptTokenCount":30},"modelVersion":"gemini-2.5-pro"}
                """#),
        ])

    static let mistral = MeteredAnswer(
        name: "mistral, streamed", path: "/mistral/v1/chat/completions", model: "mistral-large-latest",
        usage: TokenUsage(input: 36, cacheRead: 64, output: 21), toldAfter: 2,
        parts: [
            data(#"{"model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":"Voilà"}}]}"#),
            data(
                #"""
                {"model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],\#
                "usage":{"prompt_tokens":100,"completion_tokens":21,"prompt_tokens_details":{"cached_tokens":64}}}
                """#),
            data("[DONE]"),
        ])

    static let plain = [
        MeteredAnswer(
            name: "messages, whole", path: "/anthropic/v1/messages", request: #"{"model":"claude-sonnet-4-5"}"#,
            model: "claude-sonnet-4-5-20250929", usage: TokenUsage(input: 9, cacheWrite: 5, output: 4, webSearches: 1), isStream: false,
            parts: [
                #"""
                {"content":[{"type":"text","text":"{}"}],"model":"claude-sonnet-4-5-20250929","usage":{"input_tokens":9,\#
                "cache_creation_input_tokens":5,"cache_read_input_tokens":null,"output_tokens":4,\#
                "server_tool_use":{"web_search_requests":1}}}
                """#
            ]),
        MeteredAnswer(
            name: "chat, whole", path: "/openai/v1/chat/completions", request: #"{"model":"gpt-5-mini"}"#, model: "gpt-5-mini-2025-08-07",
            usage: TokenUsage(input: 10, cacheRead: 20, output: 8), isStream: false,
            parts: [
                #"""
                {"model":"gpt-5-mini-2025-08-07","choices":[{"message":{"content":"œuf"}}],"usage":{"prompt_tokens":30,\#
                "completion_tokens":8,"prompt_tokens_details":{"cached_tokens":20}}}
                """#
            ]),
        MeteredAnswer(
            name: "gemini, an array of JSON", path: "/google/v1beta/models/gemini-2.5-pro:streamGenerateContent", request: "{}",
            model: "gemini-2.5-pro", usage: TokenUsage(input: 8, output: 5), isStream: false,
            parts: [
                #"[{"usageMetadata":{"promptTokenCount":8},"modelVersion":"gemini-2.5-pro"}"#,
                #",{"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":5},"modelVersion":"gemini-2.5-pro"}]"#,
            ]),
    ]
}
