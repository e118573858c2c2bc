/// Answers of Gemini's `generateContent` and `streamGenerateContent`.
///
/// https://ai.google.dev/api/generate-content#UsageMetadata: `promptTokenCount` is with what a cache gave, `candidatesTokenCount` without
/// what was thought, `toolUsePromptTokenCount` beside the prompt; the counts of a stream are totals.
/// https://ai.google.dev/gemini-api/docs/priority-inference: the tier is told in the header `x-gemini-service-tier`.
/// https://ai.google.dev/gemini-api/docs/google-search#pricing: each query that differs is billed, from Gemini 3 on.
enum GeminiScript {
    static func make(_ deal: Deal, _ dice: inout Dice) -> Script {
        var bill = Bill(isWhole: true, hasText: true)
        let prompt = dice.prompt()
        if dice.chance(50) { bill.tokens.read = dice.part(of: prompt) }
        // What a tool read for the model is input as well.
        let tool = prompt < 150_000 && dice.chance(15) ? dice.int(1...9_000) : 0
        bill.tokens.input = prompt - bill.tokens.read + tool
        let candidates = dice.output()
        bill.tokens.reasoning = dice.chance(60) ? dice.output() : 0
        bill.tokens.output = candidates + bill.tokens.reasoning
        if deal.published?.sound != nil, bill.tokens.read == 0, tool == 0, dice.chance(25) { bill.sound = dice.int(1...prompt) }
        // Queries that repeat one another or are empty are not billed.
        let queries = tool == 0 && dice.chance(12) ? (1...dice.int(1...4)).map { "weather in Köln \($0)" } : []
        bill.searches = queries.count
        let told: [Json] = (queries + queries.prefix(1)).map { .string($0) } + (queries.isEmpty || dice.chance(50) ? [] : [""])
        bill.tier = deal.told(&dice)

        func usage(candidates: Int, thoughts: Int) -> Json {
            var usage: Json = ["promptTokenCount": .int(prompt)]
            if candidates > 0 { usage = usage.with("candidatesTokenCount", .int(candidates)) }
            usage = usage.with("totalTokenCount", .int(prompt + tool + candidates + thoughts))
            if bill.tokens.read > 0 { usage = usage.with("cachedContentTokenCount", .int(bill.tokens.read)) }
            if thoughts > 0 { usage = usage.with("thoughtsTokenCount", .int(thoughts)) }
            if tool > 0 { usage = usage.with("toolUsePromptTokenCount", .int(tool)) }
            var details: [Json] = []
            if prompt > bill.sound { details.append(["modality": "TEXT", "tokenCount": .int(prompt - bill.sound)]) }
            if bill.sound > 0 { details.append(["modality": "AUDIO", "tokenCount": .int(bill.sound)]) }
            return usage.with("promptTokensDetails", .array(details))
        }
        func chunk(_ text: String?, thought: Bool = false, finish: Bool, usage: Json) -> Json {
            let part: Json? = text.map { thought ? ["text": .string($0), "thought": true] : ["text": .string($0)] }
            var candidate: Json = ["content": ["parts": .array(part.map { [$0] } ?? []), "role": "model"], "index": 0]
            if finish { candidate = candidate.with("finishReason", "STOP") }
            if finish, !queries.isEmpty {
                candidate = candidate.with("groundingMetadata", ["webSearchQueries": .array(told), "groundingChunks": []])
            }
            return ["candidates": [candidate], "usageMetadata": usage, "modelVersion": .string(deal.name), "responseId": "r1"]
        }
        let final = usage(candidates: candidates, thoughts: bill.tokens.reasoning)
        guard deal.isStreamed else {
            return Script(body: .whole(chunk(dice.text(), finish: true, usage: final)), bill: bill)
        }
        var chunks: [Json] = []
        let count = dice.int(1...5)
        for step in 0..<count {
            let isThought = bill.tokens.reasoning > 0 && step < count / 2
            chunks.append(
                chunk(
                    dice.text(), thought: isThought, finish: false,
                    usage: usage(
                        candidates: isThought ? 0 : candidates * step / count,
                        thoughts: isThought ? bill.tokens.reasoning * step / count : bill.tokens.reasoning)))
        }
        chunks.append(chunk(dice.pick([nil, dice.text()]), finish: true, usage: final))
        if dice.chance(50) { return Script(body: .list(chunks), bill: bill) }
        return Script(body: .events(chunks.map { Script.Event(nil, $0) }, end: nil), bill: bill)
    }
}
