/// Answers of Chat Completions, as OpenAI gives them and as those do who took the format over.
///
/// - https://developers.openai.com/api/reference/resources/chat: `prompt_tokens` is with what a cache gave, `completion_tokens` with
///   what was reasoned; the usage of a stream is in a chunk of its own without choices, if the request asked for it.
/// - https://docs.mistral.ai/api/: the last chunk has the usage, asked for or not.
/// - https://api-docs.deepseek.com/api/create-chat-completion: `prompt_cache_hit_tokens` and `prompt_cache_miss_tokens`.
/// - https://platform.moonshot.ai/docs/api/chat: `cached_tokens` in the usage, and a usage in the last choice of a stream.
/// - https://console.groq.com/docs/api-reference: `x_groq.usage` in the last chunk.
/// - https://openrouter.ai/docs/use-cases/usage-accounting: `cost`, in dollars, and a usage in the last event of every stream.
/// - https://docs.x.ai/developers/cost-tracking: `cost_in_usd_ticks`, ten thousand million to the dollar; what was reasoned is beside
///   `completion_tokens`.
enum ChatScript {
    static func make(_ deal: Deal, _ dice: inout Dice) -> Script {
        var bill = Bill(isWhole: true, hasText: true)
        let prompt = dice.prompt()
        if dice.chance(50) { bill.tokens.read = dice.part(of: prompt) }
        if deal.vendor == .openrouter, dice.chance(40) { bill.tokens.write = dice.part(of: prompt - bill.tokens.read) }
        bill.tokens.input = prompt - bill.tokens.read - bill.tokens.write
        bill.tokens.output = dice.output()
        if dice.chance(40) { bill.tokens.reasoning = dice.int(0...bill.tokens.output) }
        bill.tier = deal.told(&dice)
        if deal.published?.isSearch == true { bill.searches = 1 }
        var nano = 0
        if deal.vendor == .openrouter || deal.vendor == .xai {
            nano = dice.pick([dice.int(1...900), dice.int(1_000...90_000_000)])
            bill.toldCost = nano * 1_000
        }
        // With a key of one's own there, what its owner pays stands beside OpenRouter's fee.
        let upstream = deal.vendor == .openrouter && dice.chance(30) ? dice.int(1...90_000_000) : nil
        if let upstream { bill.toldCost = (nano + upstream) * 1_000 }
        // A house of one's own may not count at all.
        let isSilent = deal.vendor == .house && dice.chance(30)
        if isSilent { bill = Bill(hasText: true) }
        let usage: Json? = isSilent ? nil : usage(deal, bill, nano: nano, upstream: upstream, &dice)
        return deal.isStreamed ? stream(deal, bill, usage, &dice) : whole(deal, bill, usage, &dice)
    }

    private static func usage(_ deal: Deal, _ bill: Bill, nano: Int, upstream: Int?, _ dice: inout Dice) -> Json {
        let tokens = bill.tokens
        let completion = deal.vendor == .xai ? tokens.output - tokens.reasoning : tokens.output
        let usage: Json = [
            "prompt_tokens": .int(tokens.prompt), "completion_tokens": .int(completion),
            "total_tokens": .int(tokens.prompt + tokens.output),
        ]
        let details: Json = ["cached_tokens": .int(tokens.read), "audio_tokens": 0]
        let reasoning: Json = [
            "reasoning_tokens": .int(tokens.reasoning), "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        ]
        let hasReasoning = tokens.reasoning > 0 || dice.chance(50)
        switch deal.vendor {
        case .mistral, .house:
            return usage.with("prompt_tokens_details", tokens.read > 0 ? ["cached_tokens": .int(tokens.read)] : nil)
                .with("completion_tokens_details", tokens.reasoning > 0 ? ["reasoning_tokens": .int(tokens.reasoning)] : nil)
        case .deepseek:
            return usage.with("prompt_tokens_details", dice.chance(50) ? ["cached_tokens": .int(tokens.read)] : nil)
                .with("completion_tokens_details", hasReasoning ? ["reasoning_tokens": .int(tokens.reasoning)] : nil)
                .with("prompt_cache_hit_tokens", .int(tokens.read)).with("prompt_cache_miss_tokens", .int(tokens.input))
        case .moonshot:
            return usage.with("cached_tokens", tokens.read > 0 || dice.chance(50) ? .int(tokens.read) : nil)
                .with("prompt_tokens_details", tokens.read > 0 && dice.chance(50) ? ["cached_tokens": .int(tokens.read)] : nil)
                .with("completion_tokens_details", tokens.reasoning > 0 ? ["reasoning_tokens": .int(tokens.reasoning)] : nil)
        case .groq:
            return (["queue_time": .number("0.037493756"), "prompt_time": .number("6.8e-05")] as Json).with(
                "prompt_tokens", .int(tokens.prompt)
            )
            .with("completion_tokens", .int(tokens.output)).with("completion_time", .number("0.463333333"))
            .with("total_tokens", .int(tokens.prompt + tokens.output)).with("total_time", .number("0.464055"))
            .with("prompt_tokens_details", tokens.read > 0 ? ["cached_tokens": .int(tokens.read)] : nil)
            .with("completion_tokens_details", tokens.reasoning > 0 ? ["reasoning_tokens": .int(tokens.reasoning)] : nil)
        case .openrouter:
            return usage.with("cost", .number(dollars(nano, &dice))).with("is_byok", .bool(upstream != nil))
                .with(
                    "prompt_tokens_details",
                    ["cached_tokens": .int(tokens.read), "cache_write_tokens": .int(tokens.write), "audio_tokens": 0]
                )
                .with(
                    "cost_details",
                    upstream.map { ["upstream_inference_cost": .number(dollars($0, &dice))] }
                        ?? dice.pick([["upstream_inference_cost": .null], ["upstream_inference_cost": .number(dollars(nano, &dice))]])
                )
                .with("completion_tokens_details", ["reasoning_tokens": .int(tokens.reasoning)])
        case .xai:
            return usage.with(
                "prompt_tokens_details",
                ["text_tokens": .int(tokens.prompt), "audio_tokens": 0, "image_tokens": 0, "cached_tokens": .int(tokens.read)]
            )
            .with("completion_tokens_details", reasoning).with("num_sources_used", 0).with("cost_in_usd_ticks", .int(nano * 10))
        case .openai, .anthropic, .google:
            return usage.with("prompt_tokens_details", tokens.read > 0 || dice.chance(70) ? details : nil)
                .with("completion_tokens_details", hasReasoning ? reasoning : nil)
        }
    }

    /// As writers of floating-point numbers put it.
    private static func dollars(_ nano: Int, _ dice: inout Dice) -> String {
        if nano < 1_000, dice.chance(50) { return "\(nano)e-9" }
        let digits = String(nano)
        let padded = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        return "\(padded.dropLast(9)).\(padded.suffix(9))"
    }

    private static func whole(_ deal: Deal, _ bill: Bill, _ usage: Json?, _ dice: inout Dice) -> Script {
        let choice: Json =
            isOfText(deal)
            ? ["index": 0, "text": .string(dice.text()), "logprobs": .null, "finish_reason": "stop"]
            : [
                "index": 0, "message": ["role": "assistant", "content": .string(dice.text())], "logprobs": .null,
                "finish_reason": "stop",
            ]
        let answer: Json = [
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1_773_489_600, "model": .string(deal.name), "choices": [choice],
        ]
        return Script(body: .whole(tier(deal, bill, answer.with("usage", usage))), bill: bill)
    }

    /// Mistral fills as it chats; DeepSeek has taken over OpenAI's older format for it.
    /// https://api-docs.deepseek.com/guides/fim_completion and https://docs.mistral.ai/api/endpoint/fim
    private static func isOfText(_ deal: Deal) -> Bool { deal.purpose == .fill && deal.vendor == .deepseek }

    private static func tier(_ deal: Deal, _ bill: Bill, _ json: Json) -> Json {
        if deal.vendor == .groq { return json.with("service_tier", "on_demand") }
        return json.with("service_tier", bill.tier.map { .string($0 == .standard ? "default" : $0.rawValue) })
    }

    private static func stream(_ deal: Deal, _ bill: Bill, _ usage: Json?, _ dice: inout Dice) -> Script {
        let saysNull = deal.vendor == .openai || deal.vendor == .deepseek
        func chunk(_ choices: Json, usage: Json? = nil) -> Json {
            let json: Json = [
                "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_773_489_600, "model": .string(deal.name),
            ]
            return tier(deal, bill, json.with("choices", choices)).with("usage", usage ?? (saysNull ? .some(.null) : .none))
        }
        func choice(_ delta: Json, finish: Json = .null) -> Json { [["index": 0, "delta": delta, "finish_reason": finish]] }
        if isOfText(deal) {
            let texts = (0..<dice.int(1...5)).map { _ in
                Script.Event(nil, chunk([["index": 0, "text": .string(dice.text()), "finish_reason": .null]]))
            }
            let last = Script.Event(nil, chunk([["index": 0, "text": "", "finish_reason": "stop"]]))
            let told = usage.map { [Script.Event(nil, chunk([], usage: $0), isAsked: true)] } ?? []
            return Script(body: .events(texts + [last] + told, end: "[DONE]"), bill: bill)
        }
        var events = [Script.Event(nil, chunk(choice(["role": "assistant", "content": ""])))]
        for _ in 0..<dice.int(1...5) {
            let delta: Json =
                switch dice.int(0...3) {
                case 0: ["reasoning_content": .string(dice.text())]
                case 1:
                    [
                        "tool_calls": [
                            [
                                "index": 0, "id": "call_1", "type": "function",
                                "function": ["name": "read", "arguments": .string(dice.text())],
                            ]
                        ]
                    ]
                default: ["content": .string(dice.text())]
                }
            events.append(Script.Event(nil, chunk(choice(delta))))
        }
        let last = choice([:], finish: "stop")
        switch deal.vendor {
        case .mistral: events.append(Script.Event(nil, chunk(last, usage: usage)))
        case .moonshot:
            let told: Json = [(["index": 0, "delta": [:], "finish_reason": "stop"] as Json).with("usage", usage)]
            events.append(Script.Event(nil, chunk(told)))
            if let usage { events.append(Script.Event(nil, chunk([], usage: usage), isAsked: true)) }
        case .groq:
            let told: Json = (["id": "req_1"] as Json).with("usage", usage)
            events.append(Script.Event(nil, chunk(last).with("x_groq", told)))
            if let usage { events.append(Script.Event(nil, chunk([], usage: usage), isAsked: true)) }
        case .openai, .deepseek, .openrouter, .xai, .house, .anthropic, .google:
            events.append(Script.Event(nil, chunk(last)))
            if let usage { events.append(Script.Event(nil, chunk([], usage: usage), isAsked: true)) }
        }
        return Script(body: .events(events, end: "[DONE]"), bill: bill)
    }
}
