import AgentProtocol

/// Anthropic's Messages API, as described at https://docs.claude.com/en/api/messages and its page on streaming.
enum AnthropicMessages {
    static func answer(_ reply: Reply, id: String) -> JSONValue {
        [
            "id": "msg_\(id)", "type": "message", "role": "assistant", "model": .string(Reply.model), "content": .array(blocks(reply, id)),
            "stop_reason": .string(stopReason(reply)), "stop_sequence": nil, "usage": usage(reply.usage, output: reply.usage.output),
        ]
    }

    static func events(_ reply: Reply, id: String) -> [WireEvent] {
        var message = answer(reply, id: id)
        if case .object(var fields) = message {
            fields["content"] = []
            fields["stop_reason"] = nil as JSONValue
            fields["usage"] = usage(reply.usage, output: 1)
            message = .object(fields)
        }
        var events = [WireEvent("message_start", ["type": "message_start", "message": message]), WireEvent("ping", ["type": "ping"])]
        for (index, block) in blocks(reply, id).enumerated() {
            let (empty, deltas) = parts(block)
            events.append(
                WireEvent("content_block_start", ["type": "content_block_start", "index": .integer(index), "content_block": empty]))
            events += deltas.map {
                WireEvent("content_block_delta", ["type": "content_block_delta", "index": .integer(index), "delta": $0])
            }
            events.append(WireEvent("content_block_stop", ["type": "content_block_stop", "index": .integer(index)]))
        }
        events.append(
            WireEvent(
                "message_delta",
                [
                    "type": "message_delta", "delta": ["stop_reason": .string(stopReason(reply)), "stop_sequence": nil],
                    "usage": usage(reply.usage, output: reply.usage.output),
                ]))
        events.append(WireEvent("message_stop", ["type": "message_stop"]))
        return events
    }

    private static func stopReason(_ reply: Reply) -> String { reply.calls.isEmpty ? "end_turn" : "tool_use" }

    private static func blocks(_ reply: Reply, _ id: String) -> [JSONValue] {
        let thoughts: [JSONValue] =
            reply.thoughts.isEmpty ? [] : [["type": "thinking", "thinking": .string(reply.thoughts), "signature": "rehearsal"]]
        let text: [JSONValue] = reply.text.isEmpty ? [] : [["type": "text", "text": .string(reply.text)]]
        return thoughts + text
            + reply.calls.enumerated().map { index, call in
                ["type": "tool_use", "id": "toolu_\(id)\(index)", "name": .string(call.name), "input": call.input]
            }
    }

    /// A block as it starts in a stream, and the deltas that follow.
    private static func parts(_ block: JSONValue) -> (empty: JSONValue, deltas: [JSONValue]) {
        switch block["type"]?.string {
        case "text":
            let pieces = Reply.pieces(of: block["text"]?.string ?? "")
            return (["type": "text", "text": ""], pieces.map { ["type": "text_delta", "text": .string($0)] })
        case "thinking":
            let pieces = Reply.pieces(of: block["thinking"]?.string ?? "")
            return (
                ["type": "thinking", "thinking": "", "signature": ""],
                pieces.map { ["type": "thinking_delta", "thinking": .string($0)] } + [
                    ["type": "signature_delta", "signature": "rehearsal"]
                ]
            )
        default:
            let call = PlayedCall(name: block["name"]?.string ?? "", input: block["input"] ?? .object([:]))
            return (
                ["type": "tool_use", "id": block["id"] ?? nil, "name": .string(call.name), "input": .object([:])],
                Reply.pieces(of: call.arguments).map { ["type": "input_json_delta", "partial_json": .string($0)] }
            )
        }
    }

    private static func usage(_ usage: Reply.Usage, output: Int) -> JSONValue {
        [
            "input_tokens": .integer(usage.input), "cache_read_input_tokens": .integer(usage.cacheRead),
            "cache_creation_input_tokens": .integer(usage.cacheWrite), "output_tokens": .integer(output),
        ]
    }
}
