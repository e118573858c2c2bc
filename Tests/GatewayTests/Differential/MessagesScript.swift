/// Answers of Anthropic's Messages API, whole and streamed.
///
/// https://platform.claude.com/docs/en/build-with-claude/streaming: the counts of `message_delta` are cumulative.
/// https://platform.claude.com/docs/en/build-with-claude/prompt-caching: `input_tokens` is without what a cache gave or took;
/// `cache_creation` divides `cache_creation_input_tokens` by how long the cache lasts, five minutes unless an hour was asked for.
enum MessagesScript {
    static func make(_ deal: Deal, _ dice: inout Dice) -> Script {
        let bill = bill(deal, &dice)
        return deal.isStreamed ? stream(deal, bill, &dice) : whole(deal, bill, &dice)
    }

    private static func bill(_ deal: Deal, _ dice: inout Dice) -> Bill {
        var tokens = BilledTokens()
        var rest = dice.prompt()
        if dice.chance(75) {
            tokens.read = dice.part(of: rest)
            rest -= tokens.read
            tokens.write = dice.part(of: rest)
            rest -= tokens.write
            if dice.chance(40) { tokens.writeLong = dice.part(of: rest) }
            rest -= tokens.writeLong
        }
        tokens.input = rest
        tokens.output = dice.output()
        if dice.chance(30) { tokens.reasoning = dice.int(0...tokens.output) }
        var bill = Bill(tokens: tokens, isWhole: true, hasText: true)
        if dice.chance(20) { bill.searches = dice.int(1...5) }
        if deal.published?.hasRegion == true, dice.chance(15) { bill.isInRegion = true }
        return bill
    }

    // MARK: - Usage

    private static func split(short: Int, long: Int) -> Json {
        ["ephemeral_5m_input_tokens": .int(short), "ephemeral_1h_input_tokens": .int(long)]
    }

    private static func place(_ bill: Bill, _ usage: Json, _ dice: inout Dice) -> Json {
        let usage = usage.with("service_tier", dice.chance(80) ? "standard" : nil)
        if bill.isInRegion { return usage.with("inference_geo", "us") }
        return usage.with("inference_geo", dice.pick([nil, "global", "not_available"]))
    }

    private static func details(_ bill: Bill) -> (thinking: Json?, tools: Json?) {
        let thinking: Json? = bill.tokens.reasoning > 0 ? ["thinking_tokens": .int(bill.tokens.reasoning)] : nil
        let tools: Json? =
            bill.searches > 0 ? ["web_search_requests": .int(bill.searches), "web_fetch_requests": .int(bill.searches % 3)] : nil
        return (thinking, tools)
    }

    private static func whole(_ deal: Deal, _ bill: Bill, _ dice: inout Dice) -> Script {
        let tokens = bill.tokens
        var usage: Json = ["input_tokens": .int(tokens.input)]
        if tokens.read > 0 || dice.chance(50) { usage = usage.with("cache_read_input_tokens", .int(tokens.read)) }
        let written = tokens.write + tokens.writeLong
        if written > 0 || dice.chance(50) { usage = usage.with("cache_creation_input_tokens", .int(written)) }
        if tokens.writeLong > 0 || dice.chance(50) {
            usage = usage.with("cache_creation", split(short: tokens.write, long: tokens.writeLong))
        }
        usage = place(bill, usage.with("output_tokens", .int(tokens.output)), &dice)
        let more = details(bill)
        usage = usage.with("output_tokens_details", more.thinking)
            .with("server_tool_use", more.tools ?? (dice.chance(20) ? .some(.null) : .none))
        let message: Json = [
            "id": "msg_01", "type": "message", "role": "assistant", "model": .string(deal.name),
            "content": [["type": "text", "text": .string(dice.text())]], "stop_reason": "end_turn", "stop_sequence": .null,
        ]
        return Script(body: .whole(message.with("usage", usage)), bill: bill)
    }

    /// How what was written to a cache is told while it grows.
    private static func stream(_ deal: Deal, _ bill: Bill, _ dice: inout Dice) -> Script {
        let tokens = bill.tokens
        let written = tokens.write + tokens.writeLong
        let grows = written > 0 && dice.chance(60)
        let inputGrows = bill.searches > 0 || dice.chance(15)
        // What was written before may be divided already, if all of it is of one kind: a later total alone says nothing of two.
        let before = !grows ? written : tokens.writeLong > 0 ? 0 : dice.pick([0, dice.int(0...written)])
        var first: Json = ["input_tokens": .int(inputGrows ? dice.int(0...tokens.input) : tokens.input)]
        first = first.with("cache_creation_input_tokens", .int(before)).with("cache_read_input_tokens", .int(tokens.read))
        if grows {
            if dice.chance(60) { first = first.with("cache_creation", split(short: before, long: 0)) }
        } else if tokens.writeLong > 0 || dice.chance(50) {
            first = first.with("cache_creation", split(short: tokens.write, long: tokens.writeLong))
        }
        first = place(bill, first.with("output_tokens", .int(min(tokens.output, dice.int(1...5)))), &dice)

        let message: Json = [
            "id": "msg_01", "type": "message", "role": "assistant", "model": .string(deal.name), "content": [], "stop_reason": .null,
            "stop_sequence": .null,
        ]
        var events = [Script.Event("message_start", ["type": "message_start", "message": message.with("usage", first)])]
        events += blocks(bill, &dice)
        if dice.chance(4) {
            // An error can come after a status of 200: what was told before it is not the last word.
            let error: Json = ["type": "error", "error": ["type": "overloaded_error", "message": "Overloaded"]]
            events = Array(events.prefix(dice.int(1...events.count))) + [Script.Event("error", error)]
            var broken = bill
            broken.isWhole = false
            return Script(body: .events(events, end: nil), bill: broken)
        }
        if dice.chance(20) {
            // One that is not the last.
            events.append(
                Script.Event(
                    "message_delta",
                    [
                        "type": "message_delta", "delta": ["stop_reason": .null, "stop_sequence": .null],
                        "usage": ["output_tokens": .int(dice.int(1...tokens.output)), "input_tokens": .null],
                    ]))
        }
        var last: Json = ["output_tokens": .int(tokens.output)]
        if inputGrows || dice.chance(40) {
            last = last.with("input_tokens", .int(tokens.input))
        } else if dice.chance(20) {
            last = last.with("input_tokens", Json.null)
        }
        if dice.chance(40) { last = last.with("cache_read_input_tokens", .int(tokens.read)) }
        if grows || dice.chance(30) {
            last = last.with("cache_creation_input_tokens", .int(written))
            if tokens.writeLong > 0 || dice.chance(30) {
                last = last.with("cache_creation", split(short: tokens.write, long: tokens.writeLong))
            }
        } else if dice.chance(20) {
            last = last.with("cache_creation_input_tokens", Json.null).with("cache_creation", Json.null)
        }
        let more = details(bill)
        last = last.with("output_tokens_details", more.thinking).with("server_tool_use", more.tools)
        let reason = dice.pick(["end_turn", "max_tokens", "tool_use", "refusal"])
        let delta: Json = ["type": "message_delta", "delta": ["stop_reason": .string(reason), "stop_sequence": .null]]
        events.append(Script.Event("message_delta", delta.with("usage", last)))
        events.append(Script.Event("message_stop", ["type": "message_stop"]))
        return Script(body: .events(events, end: nil), bill: bill)
    }

    private static func blocks(_ bill: Bill, _ dice: inout Dice) -> [Script.Event] {
        var events: [Script.Event] = []
        for index in 0..<dice.int(1...3) {
            let (start, deltas): (Json, [Json]) =
                switch dice.int(0...3) {
                case 0:
                    (
                        ["type": "thinking", "thinking": "", "signature": ""],
                        [
                            ["type": "thinking_delta", "thinking": .string(dice.text())],
                            ["type": "signature_delta", "signature": "EqQBCg=="],
                        ]
                    )
                case 1:
                    (
                        ["type": "tool_use", "id": "toolu_01", "name": "read", "input": [:]],
                        [
                            ["type": "input_json_delta", "partial_json": ""],
                            ["type": "input_json_delta", "partial_json": "{\"usage\": {\"output_tokens\": 5"],
                        ]
                    )
                case 2 where bill.searches > 0: (["type": "server_tool_use", "id": "srvtoolu_01", "name": "web_search", "input": [:]], [])
                default:
                    (
                        ["type": "text", "text": ""],
                        (0..<dice.int(1...4)).map { _ in ["type": "text_delta", "text": .string(dice.text())] }
                    )
                }
            events.append(
                Script.Event("content_block_start", ["type": "content_block_start", "index": .int(index), "content_block": start]))
            for delta in deltas {
                events.append(Script.Event("content_block_delta", ["type": "content_block_delta", "index": .int(index), "delta": delta]))
            }
            events.append(Script.Event("content_block_stop", ["type": "content_block_stop", "index": .int(index)]))
        }
        return events
    }
}
