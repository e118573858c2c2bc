import Metering
import Testing

/// An answer as a provider sends it, and what has to be read from it.
struct Answer: Sendable, CustomTestStringConvertible {
    var name: String
    var format: WireFormat
    var type = "application/json"
    var model: String?
    /// What it used; where it is not whole, what was told at least.
    var usage = TokenUsage()
    var isWhole = true
    /// After how many parts the provider has told everything; `nil` for never.
    var toldAfter: Int?
    /// What its first part tells already.
    var early = TokenUsage()
    /// What the body is made of. A stream can break off after each of them.
    var parts: [String]

    var testDescription: String { name }
    var bytes: [UInt8] { Array(parts.joined().utf8) }
    var isEvents: Bool { type.hasPrefix("text/event-stream") }
}

/// An event of a stream, with its name or without one.
func event(_ name: String? = nil, _ data: String) -> String {
    (name.map { "event: \($0)\n" } ?? "") + "data: \(data)\n\n"
}

/// The streams. The texts in them try to be taken for usage, and have letters of several bytes.
enum UsageTables {
    static let streams = messages + chat + responses + gemini
    static let all = streams + plain

    static let messages: [Answer] = [
        Answer(
            name: "messages, streamed: cache, thoughts and searches", format: .messages, type: "text/event-stream; charset=utf-8",
            model: "claude-opus-4-5-20251101",
            usage: TokenUsage(
                input: 10_682, cacheRead: 12_000, cacheWrite: 1_100, cacheWriteLong: 400, output: 510, reasoning: 200, webSearches: 2),
            toldAfter: 8, early: TokenUsage(input: 2_679, cacheRead: 12_000, cacheWrite: 1_100, cacheWriteLong: 400),
            parts: [
                event(
                    "message_start",
                    #"""
                    {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant",\#
                    "model":"claude-opus-4-5-20251101","content":[],"stop_reason":null,"usage":{"input_tokens":2679,\#
                    "cache_creation_input_tokens":1500,"cache_read_input_tokens":12000,"cache_creation":{\#
                    "ephemeral_5m_input_tokens":1100,"ephemeral_1h_input_tokens":400},"output_tokens":3,\#
                    "service_tier":"standard","inference_geo":"global"}}}
                    """#),
                event(
                    "content_block_start",
                    #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#),
                event("ping", #"{"type": "ping"}"#),
                event(
                    "content_block_delta",
                    #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße, 世界 👋"}}"#),
                event(
                    "content_block_delta",
                    #"""
                    {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",\#
                    "text":"\"usage\":{\"input_tokens\":999999,\"output_tokens\":999999}}\n\ndata: {}\n\n"}}
                    """#),
                event("content_block_stop", #"{"type":"content_block_stop","index":0}"#),
                event(
                    "message_delta",
                    #"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"input_tokens":null,"output_tokens":120}}"#),
                event(
                    "message_delta",
                    #"""
                    {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":10682,\#
                    "cache_creation_input_tokens":null,"cache_read_input_tokens":null,"output_tokens":510,\#
                    "output_tokens_details":{"thinking_tokens":200},\#
                    "server_tool_use":{"web_search_requests":2,"web_fetch_requests":1}}}
                    """#),
                event("message_stop", #"{"type":"message_stop"}"#),
            ]),
        Answer(
            name: "messages, streamed: the cache as one number", format: .messages, type: "text/event-stream",
            model: "claude-haiku-4-5", usage: TokenUsage(input: 12, cacheWrite: 700, output: 40), toldAfter: 2,
            early: TokenUsage(input: 12, cacheWrite: 700),
            parts: [
                event(
                    "message_start",
                    #"""
                    {"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":12,\#
                    "cache_creation_input_tokens":700,"cache_read_input_tokens":0,"output_tokens":1}}}
                    """#),
                event("message_delta", #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":40}}"#),
                event("message_stop", #"{"type":"message_stop"}"#),
            ]),
        Answer(
            name: "messages, streamed: an error after the status 200", format: .messages, type: "text/event-stream",
            model: "claude-sonnet-4-5", usage: TokenUsage(input: 50), isWhole: false, early: TokenUsage(input: 50),
            parts: [
                event(
                    "message_start",
                    #"{"type":"message_start","message":{"model":"claude-sonnet-4-5","usage":{"input_tokens":50,"output_tokens":2}}}"#),
                event(
                    "content_block_delta",
                    #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I was about to"}}"#),
                event("error", #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#),
            ]),
    ]

    static let gemini: [Answer] = [
        Answer(
            name: "gemini, events: thoughts, cache and tools", format: .gemini, type: "text/event-stream", model: "gemini-2.5-pro",
            usage: TokenUsage(input: 530, cacheRead: 300, output: 135, reasoning: 90), toldAfter: 3, early: TokenUsage(input: 800),
            parts: geminiParts.map { event(nil, $0) }),
        Answer(
            name: "gemini, an array of JSON", format: .gemini, model: "gemini-2.5-pro",
            usage: TokenUsage(input: 530, cacheRead: 300, output: 135, reasoning: 90), toldAfter: 3, early: TokenUsage(input: 800),
            parts: ["[" + geminiParts[0], "\n,\n" + geminiParts[1], "\n,\n" + geminiParts[2], "\n]\n"]),
        Answer(
            name: "gemini, by way of a Google sign-in", format: .gemini, type: "text/event-stream", model: "gemini-2.5-pro",
            usage: TokenUsage(input: 530, cacheRead: 300, output: 135, reasoning: 90), toldAfter: 3, early: TokenUsage(input: 800),
            parts: geminiParts.map { event(nil, #"{"response":\#($0),"traceId":"7c1"}"#) }),
    ]

    private static let geminiParts = [
        #"""
        {"candidates":[{"content":{"parts":[{"text":"Hé, 日本 "}],"role":"model"},"index":0}],\#
        "usageMetadata":{"promptTokenCount":800,"totalTokenCount":800},"modelVersion":"gemini-2.5-pro","responseId":"r1"}
        """#,
        #"""
        {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"usageMetadata":{"promptTokenCount":999999},\#
        "candidatesTokenCount":999999}}}],"role":"model"}}],"usageMetadata":{"promptTokenCount":800,\#
        "cachedContentTokenCount":300,"candidatesTokenCount":20,"thoughtsTokenCount":90,"totalTokenCount":910},\#
        "modelVersion":"gemini-2.5-pro","responseId":"r1"}
        """#,
        #"""
        {"candidates":[{"content":{"parts":[{"text":"\"usageMetadata\":{\"promptTokenCount\":1}"}],"role":"model"},\#
        "finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":800,"cachedContentTokenCount":300,\#
        "candidatesTokenCount":45,"thoughtsTokenCount":90,"toolUsePromptTokenCount":30,"totalTokenCount":965,\#
        "promptTokensDetails":[{"modality":"TEXT","tokenCount":800}]},"modelVersion":"gemini-2.5-pro","responseId":"r1"}
        """#,
    ]
}
