/// The service tiers of all providers, each under one name.
enum ServiceTier {
    /// The name of a tier in price lists; `nil` for the standard tier or if none was named.
    ///
    /// The names are those of https://docs.claude.com/en/api/service-tiers,
    /// https://developers.openai.com/api/docs/guides/priority-processing, https://ai.google.dev/gemini-api/docs/optimization and
    /// https://console.groq.com/docs/service-tiers.
    static func name(_ told: String?) -> String? {
        guard let told, !told.isEmpty else { return nil }
        let name = told.lowercased()
        switch name {
        case "standard", "default", "auto", "standard_only", "on_demand", "ondemand", "unspecified", "service_tier_unspecified", "global",
            "on_demand_standard":
            return nil
        case "on_demand_priority": return "priority"
        case "on_demand_flex": return "flex"
        case "batches": return "batch"
        default: return name
        }
    }
}

/// The names of tools that run at a provider.
enum ToolName {
    /// The name of a tool in price lists: the provider's name without its prefix and suffixes.
    static func name(_ told: String) -> String {
        var name = told.lowercased()[...]
        if name.hasPrefix("server_side_tool_") { name = name.dropFirst("server_side_tool_".count) }
        for ending in ["_requests", "_calls", "_call", "_preview"] where name.hasSuffix(ending) { name = name.dropLast(ending.count) }
        return String(name)
    }
}
