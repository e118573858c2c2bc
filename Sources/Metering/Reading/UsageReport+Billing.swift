import Foundation

extension UsageReport {
    /// The billing details of the response. Web searches with a price per search are in ``TokenUsage/webSearches``.
    func billing(_ format: WireFormat) -> Billing {
        var billing = Billing()
        billing.tier = tier
        billing.region = region
        billing.speed = speed
        billing.cost = toldCost
        billing.tools = tools.counts
        billing.tools["web_search_call"] = nil
        if declaresPreview { billing.tools["web_search_preview"] = tools.counts["web_search_call"] }
        // Code execution is free together with a web search.
        // https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool
        if executions > 0, self[.webSearches] ?? 0 == 0 { billing.tools["code_execution"] = executions }
        for (name, number) in [
            ("num_sources_used", Number.sources), ("input_audio_tokens", .inputAudio), ("output_audio_tokens", .outputAudio),
            ("input_image_tokens", .inputImage), ("output_image_tokens", .outputImage), ("audio_seconds", .seconds),
        ] {
            if let count = self[number], count > 0 { billing.tools[name] = count }
        }
        for (name, count) in googleTools { billing.tools[name] = count }
        for (name, count) in Self.connectorCounts(connectors) where count > 0 { billing.tools[name] = Self.count(count) }
        return billing
    }

    /// How often OpenAI's and Google's models searched the web. Google's empty and repeated queries don't count.
    /// https://ai.google.dev/gemini-api/docs/google-search#pricing
    var searches: Int { (declaresPreview ? 0 : tools.counts["web_search_call"] ?? 0) + queries.count }

    // MARK: - Reported cost

    private var toldCost: Money? {
        if let ticks { return Money(dollars: ticks / 10_000_000_000) }
        guard let cost else { return nil }
        // With the user's own provider key, OpenRouter charges its fee and the provider bills the rest to the key's owner. If the response
        // does not say whose key was used, an upstream cost above OpenRouter's charge means it was the user's.
        guard let upstreamCost, isOwnKey ?? (upstreamCost > cost) else { return Money(dollars: cost) }
        return Money(dollars: cost + upstreamCost)
    }

    // MARK: - Google

    private var googleTools: [String: Int] {
        var tools: [String: Int] = [:]
        if usesMaps { tools["google_maps"] = 1 }
        for (name, details) in [("input", promptDetails), ("output", candidateDetails)] {
            for detail in Self.modalities(details) {
                let count = Self.count(detail.tokenCount)
                switch detail.modality {
                case "AUDIO" where count > 0: tools["\(name)_audio_tokens"] = count
                case "IMAGE" where count > 0 && name == "output": tools["output_image_tokens"] = count
                default: break
                }
            }
        }
        return tools
    }

    /// https://ai.google.dev/api/generate-content#ModalityTokenCount
    private struct Modality: Decodable {
        var modality: String?
        var tokenCount: Int?
    }

    private static func modalities(_ bytes: [UInt8]?) -> [Modality] {
        bytes.flatMap { try? JSONDecoder().decode([Modality].self, from: Data($0)) } ?? []
    }

    // MARK: - Mistral

    private static func connectorCounts(_ bytes: [UInt8]?) -> [String: Int] {
        bytes.flatMap { try? JSONDecoder().decode([String: Int].self, from: Data($0)) } ?? [:]
    }
}

extension Money {
    /// Rounds an amount of dollars to the nearest billionth: providers send binary fractions.
    fileprivate init?(dollars: Decimal) {
        // No request costs more, and sums of what a hostile provider tells must not overflow.
        guard dollars >= 0, dollars <= 10_000 else { return nil }
        var exact = dollars * 1_000_000_000
        var rounded = Decimal()
        NSDecimalRound(&rounded, &exact, 0, .plain)
        self.init(rawValue: NSDecimalNumber(decimal: rounded).int64Value)
    }
}
