/// Answers of OpenAI's Responses API.
///
/// https://developers.openai.com/api/reference/resources/responses: `input_tokens` is with what a cache gave, `output_tokens` with what
/// was reasoned; the last event of a stream has the response with its usage, which may be null when it failed.
/// https://developers.openai.com/api/docs/guides/tools-web-search: of what a web search does, searching costs, and opening a page or
/// finding something in it does not.
enum ResponsesScript {
    static func make(_ deal: Deal, _ dice: inout Dice) -> Script {
        var bill = Bill(isWhole: true, hasText: true)
        let prompt = dice.prompt()
        if dice.chance(50) { bill.tokens.read = dice.part(of: prompt) }
        bill.tokens.input = prompt - bill.tokens.read
        bill.tokens.output = dice.output()
        if dice.chance(50) { bill.tokens.reasoning = dice.int(0...bill.tokens.output) }
        bill.tier = deal.told(&dice)
        // https://docs.x.ai/developers/cost-tracking and https://openrouter.ai/docs/api/reference/responses/overview
        let nano = deal.vendor == .openai ? nil : dice.int(1_000...90_000_000)
        bill.toldCost = nano.map { $0 * 1_000 }
        let tier = bill.tier
        var actions: [String] = []
        if deal.published?.search != nil, dice.chance(45) {
            actions = (0..<dice.int(1...4)).map { _ in dice.pick(["search", "search", "open_page", "find_in_page"]) }
            bill.searches = actions.count { $0 == "search" }
        }
        let status = dice.chance(8) ? "failed" : dice.chance(15) ? "incomplete" : "completed"
        let isSilent = status == "failed" && dice.chance(70)
        let isEmpty = status == "failed" && dice.chance(50)
        if isSilent { bill = Bill(hasText: !isEmpty && deal.isStreamed, hasFailed: true) }
        if isSilent { bill.tier = tier }
        if status == "failed" { bill.hasFailed = true }
        if isEmpty { bill.hasText = false }

        let cost: Json? = nano.map { deal.vendor == .xai ? .int($0 * 10) : .number("\($0)e-9") }
        let counts: Json = [
            "input_tokens": .int(prompt), "input_tokens_details": ["cached_tokens": .int(bill.tokens.read)],
            "output_tokens": .int(bill.tokens.output), "output_tokens_details": ["reasoning_tokens": .int(bill.tokens.reasoning)],
            "total_tokens": .int(prompt + bill.tokens.output),
        ]
        let usage = isSilent ? .null : counts.with(deal.vendor == .xai ? "cost_in_usd_ticks" : "cost", cost)
        let calls: [Json] = actions.enumerated().map { place, action in
            ["id": .string("ws_\(place)"), "type": "web_search_call", "status": "completed", "action": ["type": .string(action)]]
        }
        let message: Json = [
            "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": [["type": "output_text", "annotations": [], "text": .string(dice.text())]],
        ]
        // Those in the background are found by their ids.
        let id = "resp_\(dice.int(1...Int(Int32.max)))"
        func response(_ status: String, usage: Json, output: [Json]) -> Json {
            let error: Json = status == "failed" ? ["code": "server_error", "message": "The model had a problem."] : .null
            let response: Json = [
                "id": .string(id), "object": "response", "created_at": 1_773_489_600, "status": .string(status), "error": error,
                "model": .string(deal.name), "output": .array(output),
            ]
            let told = response.with("background", deal.purpose == .background ? true : nil)
            return told.with("service_tier", tier.map { .string($0 == .standard ? "default" : $0.rawValue) }).with("usage", usage)
        }
        let output = status == "failed" && isEmpty ? [] : calls + [message]
        let final = response(status, usage: usage, output: isSilent ? [] : output)
        guard deal.isStreamed else {
            let waiting = ["queued", "in_progress"].map { response($0, usage: .null, output: []) }
            return Script(body: .whole(final), bill: bill, response: id, waiting: waiting)
        }

        var number = 0
        func event(_ name: String, _ members: Json) -> Script.Event {
            defer { number += 1 }
            return Script.Event(name, members.with("sequence_number", .int(number)))
        }
        let start = response("in_progress", usage: .null, output: [])
        var events = ["response.created", "response.in_progress"].map { event($0, ["type": .string($0), "response": start]) }
        if !isEmpty {
            if !isSilent {
                for (place, call) in calls.enumerated() {
                    events.append(
                        event(
                            "response.output_item.done", ["type": "response.output_item.done", "output_index": .int(place), "item": call]))
                }
            }
            for _ in 0..<dice.int(1...5) {
                let name = dice.pick(["response.output_text.delta", "response.output_text.delta", "response.reasoning_summary_text.delta"])
                events.append(event(name, ["type": .string(name), "item_id": "msg_1", "output_index": 0, "delta": .string(dice.text())]))
            }
        }
        events.append(event("response.\(status)", ["type": .string("response.\(status)"), "response": final]))
        return Script(body: .events(events, end: nil), bill: bill)
    }
}
