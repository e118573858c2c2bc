import Foundation

/// Reads what an answer tells about its cost, from its bytes alone: the second implementation beside the meter's, by the documents
/// that the scripts name. It takes all of a body or the beginning of one.
struct SecondReader {
    var deal: Deal
    private(set) var bill = Bill()
    private var usage: [String: Any] = [:]
    /// Whether the model has stopped, as far as was told.
    private(set) var hasEnd = false
    /// Whether the last event broke off inside of its text.
    private(set) var isTorn = false

    /// Reads a body or the beginning of one.
    init(_ body: [UInt8], _ deal: Deal) {
        self.init(deal)
        for event in events(in: body) { read(event) }
        if bill.tier == nil, deal.format == .chat || deal.format == .responses { bill.tier = tornTier(body) }
    }

    /// The tier that a text told which broke off after it.
    private func tornTier(_ body: [UInt8]) -> ServiceTier? {
        let text = String(decoding: body, as: UTF8.self)
        return text.firstMatch(of: /"service_tier"\s*:\s*"([a-z]+)"/).flatMap { tier(String($0.output.1)) }
    }

    static func bill(of body: [UInt8], _ deal: Deal) -> Bill { SecondReader(body, deal).bill }

    private init(_ deal: Deal) { self.deal = deal }

    // MARK: - Framing

    /// The JSON objects that are there in full.
    private mutating func events(in body: [UInt8]) -> [[String: Any]] {
        if !deal.isStreamed { return object(Data(body)).map { [$0] } ?? [] }
        if body.first == UInt8(ascii: "[") { return elements(of: body) }
        // An event counts when the empty line after it was read, or when its text is whole.
        var events: [[String: Any]] = []
        var data: [UInt8]?
        for line in lines(of: body) {
            if line.isEmpty {
                if let whole = data, let event = object(Data(whole)) { events.append(event) }
                data = nil
            } else if line.starts(with: Array("data:".utf8)) {
                let value = line.dropFirst(5)
                data = (data.map { $0 + [0x0a] } ?? []) + (value.first == 0x20 ? value.dropFirst() : value)
            }
        }
        guard let data, data.contains(where: { $0 > 0x20 }) else { return events }
        let event = object(Data(data))
        isTorn = event == nil && !data.elementsEqual("[DONE]".utf8)
        if let event { events.append(event) }
        return events
    }

    private func lines(of body: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for (place, byte) in body.enumerated() where byte == 0x0a {
            let end = place > start && body[place - 1] == 0x0d ? place - 1 : place
            lines.append(body[start..<end])
            start = place + 1
        }
        return start < body.count ? lines + [body[start...]] : lines
    }

    private func elements(of body: [UInt8]) -> [[String: Any]] {
        var elements: [[String: Any]] = []
        var depth = 0
        var start = 0
        var isQuoted = false
        var isEscaped = false
        for (place, byte) in body.enumerated() {
            if isQuoted {
                if isEscaped { isEscaped = false } else if byte == 0x5c { isEscaped = true } else if byte == 0x22 { isQuoted = false }
                continue
            }
            switch byte {
            case 0x22: isQuoted = true
            case 0x7b:
                if depth == 0 { start = place }
                depth += 1
            case 0x7d:
                depth -= 1
                if depth == 0, let element = object(Data(body[start...place])) { elements.append(element) }
            default: break
            }
        }
        return elements
    }

    /// Whether a JSON text is all there.
    static func isWholeText(_ body: [UInt8]) -> Bool { (try? JSONSerialization.jsonObject(with: Data(body))) != nil }

    private func object(_ data: Data) -> [String: Any]? { try? JSONSerialization.jsonObject(with: data) as? [String: Any] }

    // MARK: - Formats

    private mutating func read(_ event: [String: Any]) {
        switch deal.format {
        case .messages: readMessages(event)
        case .chat: readChat(event)
        case .responses: readResponses(event)
        case .gemini: readGemini(event)
        case .embeddings: readEmbeddings(event)
        }
    }

    private func tier(_ told: Any?) -> ServiceTier? {
        guard let name = told as? String else { return nil }
        return name == "default" ? .standard : ServiceTier(rawValue: name)
    }

    private mutating func readEmbeddings(_ event: [String: Any]) {
        guard
            let read = count(event["usage"] as? [String: Any], "prompt_tokens")
                ?? count(event["usageMetadata"] as? [String: Any], "promptTokenCount")
        else { return }
        bill.tokens.input = read
        bill.isWhole = true
    }

    private func count(_ object: [String: Any]?, _ name: String) -> Int? { (object?[name] as? NSNumber)?.intValue }

    /// Keeps of each count the newest that was told.
    private mutating func keep(_ newer: Any?) -> Bool {
        guard let newer = newer as? [String: Any] else { return false }
        for (name, value) in newer where !(value is NSNull) { usage[name] = value }
        return true
    }

    private mutating func readMessages(_ event: [String: Any]) {
        let message = event["message"] as? [String: Any]
        let told = keep(event["usage"] ?? message?["usage"])
        if !deal.isStreamed || event["type"] as? String == "content_block_delta" { bill.hasText = true }
        guard told else { return }
        let split = usage["cache_creation"] as? [String: Any]
        let (short, long) = (count(split, "ephemeral_5m_input_tokens") ?? 0, count(split, "ephemeral_1h_input_tokens") ?? 0)
        let written = count(usage, "cache_creation_input_tokens") ?? short + long
        bill.tokens = BilledTokens(
            input: count(usage, "input_tokens") ?? 0, read: count(usage, "cache_read_input_tokens") ?? 0,
            write: written - min(long, written), writeLong: min(long, written), output: count(usage, "output_tokens") ?? 0,
            reasoning: count(usage["output_tokens_details"] as? [String: Any], "thinking_tokens") ?? 0)
        bill.searches = count(usage["server_tool_use"] as? [String: Any], "web_search_requests") ?? 0
        bill.isInRegion = usage["inference_geo"] as? String == "us"
        let delta = event["delta"] as? [String: Any]
        if !deal.isStreamed || delta?["stop_reason"] is String { (bill.isWhole, hasEnd) = (true, true) }
    }

    private mutating func readChat(_ event: [String: Any]) {
        let choices = event["choices"] as? [[String: Any]]
        let delta = choices?.first?["delta"] as? [String: Any]
        if !deal.isStreamed || ["content", "reasoning_content"].contains(where: { !((delta?[$0] as? String) ?? "").isEmpty }) {
            bill.hasText = true
        }
        if delta?["tool_calls"] != nil || !((choices?.first?["text"] as? String) ?? "").isEmpty { bill.hasText = true }
        if choices?.first?["finish_reason"] is String { hasEnd = true }
        bill.tier = tier(event["service_tier"]) ?? bill.tier
        let groq = event["x_groq"] as? [String: Any]
        guard keep(event["usage"]) || keep(groq?["usage"]) || keep(choices?.first?["usage"]) else { return }
        let details = usage["prompt_tokens_details"] as? [String: Any]
        let prompt = count(usage, "prompt_tokens") ?? 0
        let read = count(usage, "prompt_cache_hit_tokens") ?? count(details, "cached_tokens") ?? count(usage, "cached_tokens") ?? 0
        let write = count(details, "cache_write_tokens") ?? 0
        let reasoning = count(usage["completion_tokens_details"] as? [String: Any], "reasoning_tokens") ?? 0
        let completion = count(usage, "completion_tokens") ?? 0
        bill.tokens = BilledTokens(
            input: prompt - read - write, read: read, write: write, output: completion + (deal.vendor == .xai ? reasoning : 0),
            reasoning: reasoning)
        bill.toldCost = cost(usage)
        if deal.published?.isSearch == true { bill.searches = 1 }
        bill.isWhole = true
    }

    /// What the provider says that it costs. With a key of one's own at OpenRouter, what its owner pays comes on top of the fee.
    private func cost(_ usage: [String: Any]) -> Int? {
        if let ticks = count(usage, "cost_in_usd_ticks") { return ticks * 100 }
        guard let fee = (usage["cost"] as? NSNumber)?.doubleValue else { return nil }
        let upstream = ((usage["cost_details"] as? [String: Any])?["upstream_inference_cost"] as? NSNumber)?.doubleValue ?? 0
        let isOwn = usage["is_byok"] as? Bool == true
        return Int((fee * 1e9).rounded() + (isOwn ? (upstream * 1e9).rounded() : 0)) * 1_000
    }

    private mutating func readResponses(_ event: [String: Any]) {
        let response = deal.isStreamed ? event["response"] as? [String: Any] : event
        if let name = event["type"] as? String, name.hasSuffix(".delta") { bill.hasText = true }
        if response?["status"] as? String == "failed" { bill.hasFailed = true }
        bill.tier = tier(response?["service_tier"]) ?? bill.tier
        guard let told = response?["usage"] as? [String: Any] else { return }
        if !deal.isStreamed, !((response?["output"] as? [Any]) ?? []).isEmpty { bill.hasText = true }
        let read = count(told["input_tokens_details"] as? [String: Any], "cached_tokens") ?? 0
        bill.tokens = BilledTokens(
            input: (count(told, "input_tokens") ?? 0) - read, read: read, output: count(told, "output_tokens") ?? 0,
            reasoning: count(told["output_tokens_details"] as? [String: Any], "reasoning_tokens") ?? 0)
        bill.toldCost = cost(told)
        bill.searches = ((response?["output"] as? [[String: Any]]) ?? []).count {
            $0["type"] as? String == "web_search_call" && ($0["action"] as? [String: Any])?["type"] as? String == "search"
        }
        bill.isWhole = true
    }

    private mutating func readGemini(_ event: [String: Any]) {
        let candidate = (event["candidates"] as? [[String: Any]])?.first
        let parts = (candidate?["content"] as? [String: Any])?["parts"] as? [[String: Any]]
        if !deal.isStreamed || !(parts ?? []).isEmpty { bill.hasText = true }
        let queries = (candidate?["groundingMetadata"] as? [String: Any])?["webSearchQueries"] as? [String] ?? []
        bill.searches = max(bill.searches, Set(queries.filter { !$0.isEmpty }).count)
        guard let told = event["usageMetadata"] as? [String: Any] else { return }
        let read = count(told, "cachedContentTokenCount") ?? 0
        let thoughts = count(told, "thoughtsTokenCount") ?? 0
        bill.tokens = BilledTokens(
            input: (count(told, "promptTokenCount") ?? 0) - read + (count(told, "toolUsePromptTokenCount") ?? 0), read: read,
            output: (count(told, "candidatesTokenCount") ?? 0) + thoughts, reasoning: thoughts)
        let details = told["promptTokensDetails"] as? [[String: Any]] ?? []
        bill.sound =
            deal.published?.sound == nil
            ? 0 : details.first { $0["modality"] as? String == "AUDIO" }.flatMap { count($0, "tokenCount") } ?? 0
        if candidate?["finishReason"] is String { (bill.isWhole, hasEnd) = (true, true) }
    }
}
