import Metering

// Answers that come as one text.
extension UsageTables {
    static let plain: [Answer] = [
        Answer(
            name: "messages, whole, with a tool's input that looks like usage", format: .messages, model: "claude-sonnet-4-5-20250929",
            usage: TokenUsage(input: 2_095, cacheRead: 10, cacheWrite: 20, cacheWriteLong: 30, output: 503, reasoning: 77, webSearches: 1),
            parts: [
                """
                {
                  "id": "msg_02", "type": "message", "role": "assistant",
                  "content": [
                    {"type": "text", "text": "Schön: {\\"usage\\": {\\"output_tokens\\": 999999}}"},
                    {"type": "tool_use", "id": "t1", "name": "f", "input": {"model": "claude-fake", "usage": {"output_tokens": 999999}}}
                  ],
                  "model": "claude-sonnet-4-5-20250929", "stop_reason": "tool_use",
                  "usage": {
                    "input_tokens": 2095, "cache_creation_input_tokens": 50, "cache_read_input_tokens": 10,
                    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
                    "output_tokens": 503, "output_tokens_details": {"thinking_tokens": 77},
                    "server_tool_use": {"web_search_requests": 1}
                  }
                }
                """
            ]),
        Answer(
            name: "messages, whole, with the usage first and nulls in it", format: .messages, model: "claude-haiku-4-5",
            usage: TokenUsage(input: 9, output: 4),
            parts: [
                #"""
                {"usage":{"input_tokens":9,"cache_creation_input_tokens":null,"cache_read_input_tokens":null,"cache_creation":null,\#
                "output_tokens":4,"server_tool_use":null},"model":"claude-haiku-4-5","content":[]}
                """#
            ]),
        Answer(
            name: "chat, whole", format: .chat, model: "gpt-5-mini-2025-08-07",
            usage: TokenUsage(input: 1_000, cacheRead: 1_024, output: 80, reasoning: 32),
            parts: [
                """
                {
                  "id": "chatcmpl-2", "object": "chat.completion", "model": "gpt-5-mini-2025-08-07",
                  "choices": [{"index": 0, "message": {"role": "assistant", "content": "œuf", "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\\"usage\\":{\\"prompt_tokens\\":999999}}"}}
                  ]}, "finish_reason": "tool_calls"}],
                  "usage": {
                    "prompt_tokens": 2024, "completion_tokens": 80, "total_tokens": 2104,
                    "prompt_tokens_details": {"cached_tokens": 1024}, "completion_tokens_details": {"reasoning_tokens": 32}
                  }
                }
                """
            ]),
        Answer(
            name: "chat, whole, with no usage", format: .chat, model: "local-llama", isWhole: false,
            parts: [#"{"id":"c","model":"local-llama","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"}}]}"#]),
        Answer(
            name: "responses, whole", format: .responses, model: "gpt-5.1",
            usage: TokenUsage(input: 300, cacheRead: 200, output: 55, reasoning: 40),
            parts: [
                #"""
                {"id":"resp_2","object":"response","status":"completed","model":"gpt-5.1","output":[{"type":"function_call",\#
                "arguments":"{\"usage\":1}"}],"usage":{"input_tokens":500,"input_tokens_details":{"cached_tokens":200},\#
                "output_tokens":55,"output_tokens_details":{"reasoning_tokens":40},"total_tokens":555}}
                """#
            ]),
        Answer(
            name: "gemini, whole", format: .gemini, model: "gemini-3-pro-preview",
            usage: TokenUsage(input: 70, cacheRead: 30, output: 36, reasoning: 11),
            parts: [
                #"""
                {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"promptTokenCount":999999}}}]},\#
                "finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":30,\#
                "candidatesTokenCount":25,"thoughtsTokenCount":11,"totalTokenCount":136},\#
                "modelVersion":"gemini-3-pro-preview"}
                """#
            ]),
        Answer(
            name: "unknown: embeddings", format: .unknown, model: "text-embedding-3-small", usage: TokenUsage(input: 8),
            parts: [
                #"""
                {"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2e-3]}],\#
                "model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}
                """#
            ]),
        Answer(
            name: "unknown: something else altogether", format: .unknown, isWhole: false,
            parts: [#"{"status":"ok","items":[1,2,{"three":3}]}"#]),
        Answer(
            name: "unknown: no JSON at all", format: .unknown, type: "audio/mpeg", isWhole: false,
            parts: ["ID3\u{4}\u{0}\u{0}{{{\"\"\"[[[ \u{1}\u{2} not what you think"]),
    ]
}
