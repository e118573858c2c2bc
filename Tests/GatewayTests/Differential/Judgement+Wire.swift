extension Judgement {
    /// What the provider and the client see.
    mutating func judgeWire(_ answer: RawMessage?, arrivals: Int) {
        if arrivals != plan.asks { complain("asked not as often as the client did", "\(arrivals) times") }
        let strange = sending.accepted.filter { !["gzip", "x-gzip", "deflate", "br", "zstd", "identity"].contains($0) }
        if !strange.isEmpty { complain("asks for a coding that the meter can't read", "\(strange)") }
        // What is encoded is not touched.
        let isPlain = plan.requestCoding == .identity
        if plan.other == nil, plan.deal.isStreamed, plan.deal.format == .chat, plan.deal.vendor != .mistral, isPlain, !sending.isAsked {
            complain("does not ask for the usage", "\(plan.path)")
        }
        if !isPlain, plan.response == nil, sending.request != plan.body {
            complain("another request", "\(sending.request.count) of \(plan.body.count) bytes")
        }
        guard plan.leaves == nil else { return }
        guard let answer else {
            if !sending.isCut { complain("no answer", "") }
            return
        }
        let isInjected = sending.isAsked && !plan.asksUsage
        if sending.isCut {
            let isPrefix = sending.coded.starts(with: answer.body) || sending.withoutAsked.starts(with: answer.body)
            if !isPrefix, !(isInjected && !sending.codings.isEmpty) {
                complain("other bytes", "\(answer.body.count) of \(sending.coded.count)")
            }
            if plan.cut?.how == .closed, plan.framing != .close, answer.isWhole { complain("a cut that the client can't see", "") }
            return
        }
        if !answer.isWhole { complain("a whole answer is cut", "\(answer.body.count) of \(sending.coded.count)") }
        if isInjected, sending.plain != sending.withoutAsked {
            let plain = sending.codings.reversed().reduce(answer.body) { $1.decode($0) }
            let isRight = plain == sending.withoutAsked || (!sending.codings.isEmpty && plain == sending.plain)
            if !isRight { complain("other bytes", difference(plain, sending.withoutAsked)) }
        } else if answer.body != sending.coded {
            complain("other bytes", difference(answer.body, sending.coded))
        }
    }

    private func difference(_ came: [UInt8], _ sent: [UInt8]) -> String {
        let place = zip(came, sent).enumerated().first { $1.0 != $1.1 }?.offset ?? min(came.count, sent.count)
        func around(_ bytes: [UInt8]) -> String {
            String(decoding: bytes[max(0, place - 60)...].prefix(160), as: UTF8.self).debugDescription
        }
        return "\(came.count) instead of \(sent.count), at \(place): \(around(came)) instead of \(around(sent))"
    }
}
