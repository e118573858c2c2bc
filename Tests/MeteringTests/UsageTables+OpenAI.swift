import Metering

// Chat Completions, what is made like it, and Responses, as streams.
extension UsageTables {
    static let chat: [Answer] = [
        Answer(
            name: "chat, streamed, with the usage asked for", format: .chat, type: "text/event-stream", model: "gpt-4.1-2025-04-14",
            usage: TokenUsage(input: 86, cacheRead: 1_920, output: 300, reasoning: 64), toldAfter: 5,
            parts: [
                chunk(#"{"role":"assistant","content":""}"#), chunk(#"{"content":"Añadí un 猫"}"#),
                chunk(#"{"content":"\"choices\":[],\"usage\":{\"prompt_tokens\":999999,\"completion_tokens\":999999}"}"#),
                chunk("{}", finish: #""stop""#),
                event(
                    nil,
                    #"""
                    {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-2025-04-14","choices":[],\#
                    "usage":{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,\#
                    "prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":0},\#
                    "completion_tokens_details":{"reasoning_tokens":64,"accepted_prediction_tokens":0}}}
                    """#),
                event(nil, "[DONE]"),
            ]),
        Answer(
            name: "chat, streamed, with no usage", format: .chat, type: "text/event-stream", model: "gpt-4.1-2025-04-14", isWhole: false,
            parts: [
                chunk(#"{"role":"assistant","content":""}"#), chunk(#"{"content":"Hello"}"#), chunk("{}", finish: #""stop""#),
                event(nil, "[DONE]"),
            ]),
        Answer(
            name: "mistral, streamed, with cached tokens", format: .chat, type: "text/event-stream", model: "mistral-large-latest",
            usage: TokenUsage(input: 36, cacheRead: 64, output: 21), toldAfter: 3,
            parts: [
                event(
                    nil,
                    #"{"id":"m1","model":"mistral-large-latest","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#),
                event(nil, #"{"id":"m1","model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":"Voilà"}}]}"#),
                event(
                    nil,
                    #"""
                    {"id":"m1","model":"mistral-large-latest","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],\#
                    "usage":{"prompt_tokens":100,"total_tokens":121,"completion_tokens":21,\#
                    "prompt_tokens_details":{"cached_tokens":64}}}
                    """#),
                event(nil, "[DONE]"),
            ]),
        Answer(
            name: "mistral, streamed, with nothing cached", format: .chat, type: "text/event-stream", model: "devstral-medium",
            usage: TokenUsage(input: 100, output: 21), toldAfter: 1,
            parts: [
                event(
                    nil,
                    #"""
                    {"id":"m1","model":"devstral-medium","choices":[{"index":0,"delta":{"content":"Oui"},"finish_reason":"stop"}],\#
                    "usage":{"prompt_tokens":100,"total_tokens":121,"completion_tokens":21}}
                    """#),
                event(nil, "[DONE]"),
            ]),
    ]

    private static func chunk(_ delta: String, finish: String = "null") -> String {
        event(
            nil,
            #"""
            {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-2025-04-14","choices":[{"index":0,\#
            "delta":\#(delta),"logprobs":null,"finish_reason":\#(finish)}],"usage":null}
            """#)
    }

    static let responses: [Answer] = [
        Answer(
            name: "responses, streamed, completed", format: .responses, type: "text/event-stream", model: "gpt-5.1-2025-11-13",
            usage: TokenUsage(input: 744, cacheRead: 256, output: 170, reasoning: 128), toldAfter: 5,
            parts: [
                created,
                event(
                    "response.output_item.added",
                    #"{"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}"#),
                event("response.output_text.delta", #"{"type":"response.output_text.delta","item_id":"m1","delta":"Füße 🦶"}"#),
                event(
                    "response.function_call_arguments.done",
                    #"{"type":"response.function_call_arguments.done","arguments":"{\"usage\":{\"input_tokens\":999999}}"}"#),
                event(
                    "response.completed",
                    #"""
                    {"type":"response.completed","response":{"id":"resp_1","status":"completed","model":"gpt-5.1-2025-11-13",\#
                    "metadata":{"usage":"none","input_tokens":"999999"},"output":[{"type":"message","content":[\#
                    {"type":"output_text","text":"{\"usage\":{\"output_tokens\":999999}}"}]}],\#
                    "usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":256},"output_tokens":170,\#
                    "output_tokens_details":{"reasoning_tokens":128},"total_tokens":1170}}}
                    """#),
            ]),
        Answer(
            name: "responses, streamed, incomplete", format: .responses, type: "text/event-stream", model: "gpt-5.1-2025-11-13",
            usage: TokenUsage(input: 90, output: 16), toldAfter: 2,
            parts: [
                created,
                event(
                    "response.incomplete",
                    #"""
                    {"type":"response.incomplete","response":{"id":"resp_1","status":"incomplete","model":"gpt-5.1-2025-11-13",\#
                    "incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":90,\#
                    "input_tokens_details":{"cached_tokens":0},"output_tokens":16,\#
                    "output_tokens_details":{"reasoning_tokens":0},"total_tokens":106}}}
                    """#),
            ]),
        Answer(
            name: "responses, streamed, failed with no usage", format: .responses, type: "text/event-stream", model: "gpt-5.1-2025-11-13",
            isWhole: false,
            parts: [
                created,
                event("response.output_text.delta", #"{"type":"response.output_text.delta","item_id":"m1","delta":"So"}"#),
                event(
                    "response.failed",
                    #"""
                    {"type":"response.failed","response":{"id":"resp_1","status":"failed","model":"gpt-5.1-2025-11-13",\#
                    "error":{"code":"server_error","message":"Sorry"},"usage":null}}
                    """#),
            ]),
        Answer(
            name: "responses, streamed, an error instead of an end", format: .responses, type: "text/event-stream",
            model: "gpt-5.1-2025-11-13", isWhole: false,
            parts: [
                created, event("response.output_text.delta", #"{"type":"response.output_text.delta","item_id":"m1","delta":"So"}"#),
                event("error", #"{"type":"error","code":"rate_limit_exceeded","message":"Slow down","param":null}"#),
            ]),
    ]

    private static let created = event(
        "response.created",
        #"""
        {"type":"response.created","response":{"id":"resp_1","status":"in_progress","model":"gpt-5.1-2025-11-13","output":[],\#
        "usage":null}}
        """#)
}
