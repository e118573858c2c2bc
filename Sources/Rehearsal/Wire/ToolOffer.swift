import AgentProtocol

/// The tools that a client offers.
struct ToolOffer: Sendable {
    /// The names that a script uses. Tools in a namespace are listed by their full names.
    private(set) var names: Set<String> = []
    /// Tools in a namespace, by their full names.
    private(set) var spaced: [String: SpacedTool] = [:]
    /// Tools that take plain text instead of JSON.
    private(set) var plain: Set<String> = []
    /// Whether the client has more tools, which a model finds by a search.
    private(set) var hasMore = false

    /// - Parameters:
    ///   - tools: the request's own list.
    ///   - items: its conversation, in which Responses can offer tools as well.
    init(_ tools: [JSONValue], in items: [JSONValue]) {
        for tool in tools { add(tool) }
        for item in items where item["type"] == "additional_tools" {
            for tool in item["tools"]?.elements ?? [] { add(tool) }
        }
    }

    private mutating func add(_ tool: JSONValue) {
        hasMore = hasMore || tool["type"] == "tool_search"
        guard let name = (tool["name"] ?? tool["function"]?["name"])?.string else { return }
        guard tool["type"] == "namespace" else {
            names.insert(name)
            if tool["type"] == "custom" { plain.insert(name) }
            return
        }
        for tool in tool["tools"]?.elements ?? [] {
            // Codex's own tools are called without this namespace.
            guard name != "functions" else {
                add(tool)
                continue
            }
            guard let own = tool["name"]?.string else { continue }
            let one = SpacedTool(namespace: name, name: own)
            spaced[one.fullName] = one
            names.insert(one.fullName)
        }
    }
}

/// A tool in a namespace, as Responses groups the tools of a tool server.
struct SpacedTool: Sendable {
    var namespace: String
    var name: String

    var fullName: String { "\(namespace)__\(name)" }
}
