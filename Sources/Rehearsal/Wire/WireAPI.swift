import AgentProtocol
import Foundation

/// A wire format that the rehearsal speaks.
enum WireAPI: Sendable, CaseIterable {
    case messages, chat, responses

    /// Parses a request.
    ///
    /// - Returns: `nil` when it is no request of this format.
    func question(_ body: Data) -> Question? {
        guard let request = try? JSONLine.decode(JSONValue.self, from: body), case .object = request else { return nil }
        let items: [JSONValue]
        switch (self, request["messages"] ?? .null, request["input"] ?? .null) {
        case (.messages, .array(let list), _), (.chat, .array(let list), _), (.responses, _, .array(let list)): items = list
        case (.responses, _, .string): items = []
        default: return nil
        }
        let offer = ToolOffer(request["tools"]?.elements ?? [], in: items)
        return Question(
            answers: answers(in: items), beginning: beginning(of: items), offer: offer, isStream: request["stream"] == true,
            wantsUsage: request["stream_options"]?["include_usage"] == true, bytes: body.count)
    }

    /// The number of answers in a conversation. In Responses one answer can be several items in a row.
    private func answers(in items: [JSONValue]) -> Int {
        guard self == .responses else { return items.count { $0["role"]?.string == "assistant" } }
        let isAnswer = items.map { item in
            item["role"]?.string == "assistant"
                || ["function_call", "custom_tool_call", "reasoning", "local_shell_call"].contains(item["type"]?.string)
        }
        return isAnswer.indices.count { isAnswer[$0] && ($0 == 0 || !isAnswer[$0 - 1]) }
    }

    private func beginning(of items: [JSONValue]) -> String {
        // Codex passes a sub-agent its task in a message between agents.
        items.prefix { $0["role"]?.string != "assistant" }.filter { $0["role"] == "user" || $0["type"] == "agent_message" }.flatMap {
            item in
            item["content"]?.string.map { [$0] } ?? (item["content"]?.elements ?? []).compactMap { $0["text"]?.string }
        }.joined(separator: "\n")
    }

    /// The answer in one piece.
    func answer(_ reply: Reply, id: String) -> JSONValue {
        switch self {
        case .messages: AnthropicMessages.answer(reply, id: id)
        case .chat: ChatCompletions.answer(reply, id: id)
        case .responses: OpenAIResponses.answer(reply, id: id)
        }
    }

    /// The answer as a stream.
    func events(_ reply: Reply, id: String, _ question: Question) -> [WireEvent] {
        switch self {
        case .messages: AnthropicMessages.events(reply, id: id)
        case .chat: ChatCompletions.events(reply, id: id, wantsUsage: question.wantsUsage)
        case .responses: OpenAIResponses.events(reply, id: id)
        }
    }

    /// An error in the format of this API.
    func error(_ error: PlayedError) -> JSONValue {
        let type =
            switch error.status {
            case 400: "invalid_request_error"
            case 401: "authentication_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            case 429: "rate_limit_error"
            case 529: "overloaded_error"
            default: "api_error"
            }
        let inner: JSONValue = ["type": .string(type), "message": .string(error.message)]
        return self == .messages ? ["type": "error", "error": inner] : ["error": inner]
    }
}
