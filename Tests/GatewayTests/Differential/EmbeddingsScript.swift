/// Answers of embeddings: only what was read costs.
///
/// - https://platform.openai.com/docs/api-reference/embeddings: `prompt_tokens` and `total_tokens`.
/// - https://docs.mistral.ai/api/endpoint/embeddings: the same, with `completion_tokens` of none.
/// - https://ai.google.dev/api/embeddings: a `usageMetadata`, which older servers leave out.
enum EmbeddingsScript {
    static func make(_ deal: Deal, _ dice: inout Dice) -> Script {
        var bill = Bill(isWhole: true)
        bill.tokens.input = dice.prompt()
        let values = Json.array((0..<dice.int(1...300)).map { _ in .number("-0.\(dice.int(1...9_999_999))e-02") })
        if deal.vendor == .google {
            let isSilent = dice.chance(30)
            if isSilent { bill = Bill() }
            let answer: Json = ["embedding": ["values": values]]
            return Script(
                body: .whole(answer.with("usageMetadata", isSilent ? nil : ["promptTokenCount": .int(bill.tokens.input)])), bill: bill)
        }
        let usage: Json = ["prompt_tokens": .int(bill.tokens.input), "total_tokens": .int(bill.tokens.input)]
        return Script(
            body: .whole(
                [
                    "object": "list", "model": .string(deal.name), "data": [["object": "embedding", "index": 0, "embedding": values]],
                    "usage": usage.with("completion_tokens", deal.vendor == .mistral ? 0 : nil),
                ]), bill: bill)
    }
}
