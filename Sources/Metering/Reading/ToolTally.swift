/// Counts the tools that ran at OpenAI during a request of Responses.
///
/// A stream reports each item when it ends, and all items again in its last event; an item reported both ways counts once.
/// https://platform.openai.com/docs/api-reference/responses-streaming
struct ToolTally: Sendable {
    /// Tools with a cost of their own. https://developers.openai.com/api/docs/pricing#built-in-tools
    private static let kinds: Set<String> = ["web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call"]

    /// Counts from the text that is being read.
    private var listing: [String: Int] = [:]
    private var ending: [String: Int] = [:]
    private var listed: [String: Int] = [:]
    private var ended: [String: Int] = [:]

    /// Counts an item of the whole response.
    mutating func list(_ type: String) {
        if Self.kinds.contains(type) { listing[type, default: 0] += 1 }
    }

    /// Counts the item of an event.
    mutating func end(_ type: String) {
        if Self.kinds.contains(type) { ending[type, default: 0] += 1 }
    }

    /// Uncounts the preceding search if it only opened a page or searched in one, which is free.
    /// https://developers.openai.com/api/docs/guides/tools-web-search
    mutating func act(_ action: String, isListed: Bool) {
        guard ["open_page", "find_in_page", "find"].contains(action) else { return }
        if isListed { listing["web_search_call", default: 0] -= 1 } else { ending["web_search_call", default: 0] -= 1 }
    }

    /// Ends a text: an event, or a response that comes as one text.
    mutating func endText(_ type: String?) {
        if type == "response.output_item.done" { ended.merge(ending, uniquingKeysWith: +) }
        if !listing.isEmpty { listed = listing }
        listing = [:]
        ending = [:]
    }

    /// How often each tool ran.
    var counts: [String: Int] { listed.merging(ended, uniquingKeysWith: max).filter { $0.value > 0 } }
}
