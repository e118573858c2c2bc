import AgentProtocol

/// OpenAI's Responses API, as described at https://platform.openai.com/docs/api-reference/responses and its page on streaming.
enum OpenAIResponses {
    static func answer(_ reply: Reply, id: String) -> JSONValue {
        response(id, status: "completed", output: .array(items(reply, id)), usage: usage(reply.usage))
    }

    static func events(_ reply: Reply, id: String) -> [WireEvent] {
        var events: [WireEvent] = []
        func add(_ type: String, _ fields: [String: JSONValue]) {
            let own: [String: JSONValue] = ["type": .string(type), "sequence_number": .integer(events.count)]
            events.append(WireEvent(type, .object(fields.merging(own, uniquingKeysWith: { $1 }))))
        }
        let begun = response(id, status: "in_progress", output: [], usage: nil)
        add("response.created", ["response": begun])
        add("response.in_progress", ["response": begun])
        for (index, item) in items(reply, id).enumerated() {
            let place: [String: JSONValue] = ["output_index": .integer(index), "item_id": item["id"] ?? nil]
            add("response.output_item.added", ["output_index": .integer(index), "item": started(item)])
            if let arguments = item["arguments"]?.string {
                for piece in Reply.pieces(of: arguments) {
                    add("response.function_call_arguments.delta", place.merging(["delta": .string(piece)]) { $1 })
                }
                add("response.function_call_arguments.done", place.merging(["arguments": .string(arguments)]) { $1 })
            } else if item["type"] == "message" {
                let part = place.merging(["content_index": 0]) { $1 }
                add("response.content_part.added", part.merging(["part": text("")]) { $1 })
                for piece in Reply.pieces(of: reply.text) {
                    add("response.output_text.delta", part.merging(["delta": .string(piece), "logprobs": []]) { $1 })
                }
                add("response.output_text.done", part.merging(["text": .string(reply.text), "logprobs": []]) { $1 })
                add("response.content_part.done", part.merging(["part": text(reply.text)]) { $1 })
            }
            add("response.output_item.done", ["output_index": .integer(index), "item": item])
        }
        add("response.completed", ["response": answer(reply, id: id)])
        return events
    }

    private static func response(_ id: String, status: String, output: JSONValue, usage: JSONValue) -> JSONValue {
        [
            "id": "resp_\(id)", "object": "response", "created_at": 0, "status": .string(status), "model": .string(Reply.model),
            "output": output, "usage": usage, "error": nil, "incomplete_details": nil, "instructions": nil, "metadata": .object([:]),
            "parallel_tool_calls": true, "tool_choice": "auto", "tools": [], "temperature": nil, "top_p": nil,
        ]
    }

    private static func items(_ reply: Reply, _ id: String) -> [JSONValue] {
        let thoughts: [JSONValue] =
            reply.thoughts.isEmpty
            ? []
            : [["type": "reasoning", "id": "rs_\(id)", "summary": [["type": "summary_text", "text": .string(reply.thoughts)]]]]
        let message: [JSONValue] =
            reply.text.isEmpty
            ? []
            : [["type": "message", "id": "msg_\(id)", "role": "assistant", "status": "completed", "content": [text(reply.text)]]]
        return thoughts + message
            + reply.calls.enumerated().map { index, call in
                var item: [String: JSONValue] = [
                    "type": "function_call", "id": .string("fc_\(id)\(index)"), "call_id": .string("call_\(id)\(index)"),
                    "status": "completed", "name": .string(call.name), "arguments": .string(call.arguments),
                ]
                if let tool = reply.offer.spaced[call.fullName] ?? call.namespace.map({ SpacedTool(namespace: $0, name: call.name) }) {
                    item["name"] = .string(tool.name)
                    item["namespace"] = .string(tool.namespace)
                } else if reply.offer.plain.contains(call.name) {
                    item["type"] = "custom_tool_call"
                    item["input"] = .string(call.text)
                    item["arguments"] = nil
                }
                return .object(item)
            }
    }

    /// An item as it starts in a stream.
    private static func started(_ item: JSONValue) -> JSONValue {
        guard case .object(var fields) = item else { return item }
        if fields["status"] != nil { fields["status"] = "in_progress" }
        if fields["content"] != nil { fields["content"] = [] }
        if fields["summary"] != nil { fields["summary"] = [] }
        if fields["arguments"] != nil { fields["arguments"] = "" }
        return .object(fields)
    }

    private static func text(_ text: String) -> JSONValue {
        ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }

    private static func usage(_ usage: Reply.Usage) -> JSONValue {
        [
            "input_tokens": .integer(usage.prompt), "input_tokens_details": ["cached_tokens": .integer(usage.cacheRead)],
            "output_tokens": .integer(usage.output), "output_tokens_details": ["reasoning_tokens": .integer(usage.thinking)],
            "total_tokens": .integer(usage.prompt + usage.output),
        ]
    }
}
