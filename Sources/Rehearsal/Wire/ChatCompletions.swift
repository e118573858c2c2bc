import AgentProtocol

/// OpenAI's Chat Completions API, as described at https://platform.openai.com/docs/api-reference/chat.
enum ChatCompletions {
    static func answer(_ reply: Reply, id: String) -> JSONValue {
        var message: [String: JSONValue] = ["role": "assistant", "content": reply.text.isEmpty ? nil : .string(reply.text)]
        if !reply.calls.isEmpty { message["tool_calls"] = .array(reply.calls.indices.map { call(reply.calls[$0], $0, id) }) }
        return [
            "id": "chatcmpl-\(id)", "object": "chat.completion", "created": 0, "model": .string(Reply.model),
            "choices": [["index": 0, "message": .object(message), "finish_reason": .string(finishReason(reply))]],
            "usage": usage(reply.usage),
        ]
    }

    static func events(_ reply: Reply, id: String, wantsUsage: Bool) -> [WireEvent] {
        var deltas: [JSONValue] = [["role": "assistant", "content": ""]]
        deltas += Reply.pieces(of: reply.text).map { ["content": .string($0)] }
        for (index, tool) in reply.calls.enumerated() {
            var first = call(tool, index, id)
            if case .object(var fields) = first {
                fields["index"] = .integer(index)
                fields["function"] = ["name": .string(tool.name), "arguments": ""]
                first = .object(fields)
            }
            deltas.append(["tool_calls": [first]])
            deltas += Reply.pieces(of: tool.arguments).map {
                ["tool_calls": [["index": .integer(index), "function": ["arguments": .string($0)]]]]
            }
        }
        func chunk(_ choices: JSONValue, _ usage: JSONValue? = nil) -> WireEvent {
            var fields: [String: JSONValue] = [
                "id": "chatcmpl-\(id)", "object": "chat.completion.chunk", "created": 0, "model": .string(Reply.model), "choices": choices,
            ]
            if wantsUsage { fields["usage"] = usage ?? .null }
            return WireEvent(nil, .object(fields))
        }
        var events = deltas.map { chunk([["index": 0, "delta": $0, "finish_reason": nil]]) }
        events.append(chunk([["index": 0, "delta": .object([:]), "finish_reason": .string(finishReason(reply))]]))
        if wantsUsage { events.append(chunk([], usage(reply.usage))) }
        return events + [WireEvent(text: "[DONE]")]
    }

    private static func finishReason(_ reply: Reply) -> String { reply.calls.isEmpty ? "stop" : "tool_calls" }

    private static func call(_ call: PlayedCall, _ index: Int, _ id: String) -> JSONValue {
        [
            "id": "call_\(id)\(index)", "type": "function",
            "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
        ]
    }

    private static func usage(_ usage: Reply.Usage) -> JSONValue {
        [
            "prompt_tokens": .integer(usage.prompt), "completion_tokens": .integer(usage.output),
            "total_tokens": .integer(usage.prompt + usage.output), "prompt_tokens_details": ["cached_tokens": .integer(usage.cacheRead)],
            "completion_tokens_details": ["reasoning_tokens": .integer(usage.thinking)],
        ]
    }
}
