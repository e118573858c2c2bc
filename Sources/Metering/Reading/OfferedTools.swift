/// The searches at the provider that a request lets its model make, for what a budget reserves.
///
/// Each provider bills them by the call. What the calls bring into the prompt can't be known before.
struct OfferedTools: Sendable {
    private struct Tool {
        /// Google puts several tools into one element.
        var names: Set<String> = []
        var limit: Int?
    }

    /// The calls that are reserved for a tool if the request names no limit.
    static let usualCalls = 10
    /// The most elements of a request's list of tools that are looked at.
    private static let mostTools = 4_096

    /// The names of billed searches. https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool,
    /// https://developers.openai.com/api/docs/guides/tools, https://docs.x.ai/docs/guides/tools/overview,
    /// https://docs.mistral.ai/agents/connectors/connectors.
    private static let names = [
        "web_search", "x_search", "file_search", "collections_search", "attachment_search", "document_library", "google_maps",
    ]

    /// By their place in the list.
    private var tools: [Int: Tool] = [:]
    private var limitOfAll: Int?
    private var searchesOnce = false

    /// Takes the type of an element; functions and tools that run at the client are not billed.
    mutating func take(type: String, of element: Int) {
        guard element < Self.mostTools, let name = Self.names.first(where: { type.hasPrefix($0) }) else { return }
        tools[element, default: Tool()].names.insert(name)
    }

    /// Takes the most calls of an element (Anthropic's `max_uses`).
    mutating func take(limit: Int, of element: Int) {
        if element < Self.mostTools, limit >= 0 { tools[element, default: Tool()].limit = limit }
    }

    /// Takes the most calls of all tools (OpenAI's `max_tool_calls`).
    mutating func take(limitOfAll limit: Int) {
        if limit >= 0 { limitOfAll = limit }
    }

    /// Takes `web_search_options`: such a completion searches once.
    /// https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat
    mutating func searchOnce() { searchesOnce = true }

    /// The most calls of each tool, by its name in price lists.
    var calls: [String: Int] {
        var calls: [String: Int] = searchesOnce ? ["web_search": 1] : [:]
        for tool in tools.values {
            let most = [tool.limit, limitOfAll].compactMap { $0 }.min() ?? Self.usualCalls
            for name in tool.names {
                let (sum, overflows) = calls[name, default: 0].addingReportingOverflow(most)
                calls[name] = overflows ? .max : sum
            }
        }
        return calls
    }
}
