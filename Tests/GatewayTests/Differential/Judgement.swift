/// Something that an exchange shows and must not.
struct Complaint: Sendable {
    /// What it has in common with others.
    var kind: String
    var vendor: Vendor
    var text: String
}

/// Compares what the gateway made of an exchange with what the second implementation does.
struct Judgement {
    let plan: ExchangePlan
    let sending: Sending
    let book: PriceBook
    var complaints: [Complaint] = []

    /// What the row of an exchange has to be.
    enum Verdict {
        case nothing, exact
        /// An estimate, for one of the first reasons (if there are any) and for all of the others.
        case estimate(main: Set<String>, also: Set<String>)
        /// What arrived of a connection that was reset is not known: exact, or an estimate for some of these reasons.
        case either(Set<String>)
    }

    init(_ plan: ExchangePlan, _ sending: Sending, book: PriceBook = .published) {
        self.plan = plan
        self.sending = sending
        self.book = book
    }

    /// What was told, and whether the model has stopped and no event broke off after that.
    var told: (bill: Bill, hasEnd: Bool) {
        let isUnreadable = sending.codings.contains(.unknown)
        let readable = isUnreadable ? [] : sending.readable
        let reader = SecondReader(readable, plan.deal)
        var bill = reader.bill
        // The check at the end of a coding is missing.
        let isUnchecked = sending.isCut && !sending.codings.isEmpty
        if isUnchecked, plan.contentType == "application/json" || plan.deal.format == .gemini { bill.isWhole = false }
        if plan.deal.format == .gemini {
            bill.tier = plan.bill.tier
            // Google names no last event: while more can come, the counts can grow.
            if plan.contentType == "text/event-stream" { bill.isWhole = bill.isWhole && !isVisiblyCut }
            if plan.blocks.count > 1, plan.contentType == "application/json" {
                bill.isWhole = bill.isWhole && SecondReader.isWholeText(readable)
            }
        }
        return (bill, reader.hasEnd && !reader.isTorn)
    }

    var isReset: Bool { sending.isCut && plan.cut?.how == .reset }

    /// Whether the reader can see that it was cut.
    var isVisiblyCut: Bool { sending.isCut && plan.cut?.how == .closed && plan.framing != .close }

    func verdict() -> Verdict {
        if plan.other != nil { return .nothing }
        let (bill, hasEnd) = told
        let also = plan.deal.doubts(bill).union(book.cost(of: bill, model: plan.deal.model, asked: plan.deal.asked).doubts)
        if sending.codings.contains(.unknown) { return .estimate(main: ["coding"], also: also) }
        if isReset { return .either(also.union(["cut", "coding", "untold", "tier"])) }
        if bill.hasFailed, !bill.isWhole, !bill.hasText { return .nothing }
        if !bill.isWhole { return .estimate(main: reasons(bill, hasEnd), also: also) }
        return also.isEmpty ? .exact : .estimate(main: [], also: also)
    }

    /// Why what was not told whole is an estimate.
    private func reasons(_ bill: Bill, _ hasEnd: Bool) -> Set<String> {
        if isVisiblyCut || bill.hasFailed { return ["cut"] }
        let isStream = plan.contentType == "text/event-stream"
        let isTorn = isStream ? !hasEnd : sending.isCut && sending.readable.contains { $0 > 0x20 }
        let plain: Set<String> = [isTorn ? "cut" : "untold"]
        guard sending.isCut, let coding = sending.codings.last else { return plain }
        // These may end where a part of them does.
        return coding == .gzip || coding == .zstd ? plain.union(["coding"]) : ["coding"]
    }

    mutating func complain(_ kind: String, _ text: String) {
        complaints.append(Complaint(kind: kind, vendor: plan.deal.vendor, text: "\(plan.id), \(circumstances): \(kind): \(text)"))
    }

    private var circumstances: String {
        let coding = sending.codings.isEmpty ? "plain" : sending.codings.map(\.rawValue).joined(separator: ", ")
        let cut = sending.isCut ? ", \(plan.cut.map { "\($0.how)" } ?? "") after \(sending.coded.count) bytes" : ""
        let asked = plan.deal.asked.map { ", asked for \($0)" } ?? ""
        let request = plan.requestCoding == .identity ? "" : ", the request in \(plan.requestCoding)"
        return
            "\(plan.deal.purpose), \(coding), \(plan.framing)\(cut)\(asked)\(request)\(plan.leaves == nil ? "" : ", the client leaves")\(plan.other.map { ", \($0)" } ?? "")"
    }

    // MARK: - The book

    mutating func judge(_ rows: [BookedRow]) {
        let verdict = verdict()
        if case .nothing = verdict {
            if rows.count > 1 { complain("several rows", "\(rows)") }
            for row in rows where row.cost != 0 { complain("what costs nothing is booked", "\(row)") }
            return
        }
        let told = told.bill
        guard rows.count == 1, let row = rows.first else {
            return complain(rows.isEmpty ? "no row" : "several rows", "\(rows)")
        }
        guard ["exact", "estimated"].contains(row.state) else { return complain("unsettled", "\(row)") }
        switch verdict {
        case .nothing: break
        case .exact: row.isEstimate ? complain("an estimate of what was told whole", "\(row)") : judgeExact(row, told)
        case .either(let reasons):
            if !row.isEstimate {
                judgeExact(row, told)
            } else if row.why.isEmpty || !Set(row.why).isSubset(of: reasons) {
                complain("a wrong reason", "\(row), and it can be \(reasons.sorted())")
            }
        case .estimate(let main, let also):
            guard row.isEstimate else { return complain("a guess called exact", "\(row)") }
            judgeReasons(row, main, also)
            judgeEstimate(row, told)
        }
        judgeOwn(row, told)
    }

    private mutating func judgeExact(_ row: BookedRow, _ told: Bill) {
        if !row.why.isEmpty { complain("an exact row with a reason", "\(row)") }
        judgeCounts(row, told)
        judgeCost(row, told)
    }

    private mutating func judgeCost(_ row: BookedRow, _ told: Bill) {
        guard let cost = book.cost(of: told, model: plan.deal.model, asked: plan.deal.asked).amount else { return }
        if row.cost != Self.nano(cost) { complain("another cost", "\(row), and it is \(Self.nano(cost)) n$") }
    }

    /// Billionths of a dollar: a part of one counts as one.
    static func nano(_ trillionths: Int) -> Int { (trillionths + 999) / 1_000 }

    private mutating func judgeCounts(_ row: BookedRow, _ told: Bill) {
        if row.tokens != told.tokens { complain("other tokens", "\(row), and they are \(told.tokens)") }
        if plan.deal.published?.isSearch != true, row.searches != told.searches {
            complain("other searches", "\(row), and they are \(told.searches)")
        }
    }

    private mutating func judgeReasons(_ row: BookedRow, _ main: Set<String>, _ also: Set<String>) {
        let why = Set(row.why)
        // Where nothing was used nothing was priced.
        let isOfNothing = row.tokens == BilledTokens()
        let isRight =
            (main.isEmpty ? why.isSubset(of: also) : why.intersection(main).count == 1)
            && why.subtracting(main).isSubset(of: also) && (isOfNothing || also.isSubset(of: why))
        if why.isEmpty || !isRight { complain("a wrong reason", "\(row), and it is one of \(main.sorted()) and all of \(also.sorted())") }
    }

    private mutating func judgeEstimate(_ row: BookedRow, _ told: Bill) {
        let cost = book.cost(of: told, model: plan.deal.model, asked: plan.deal.asked)
        if told.isWhole {
            judgeCounts(row, told)
            if !cost.isLeast { judgeCost(row, told) }
        }
        if row.cost <= 0, row.tokens.prompt + row.tokens.output > 0 { complain("an estimate of nothing", "\(row)") }
        if !row.tokens.covers(told.tokens) { complain("less than was told", "\(row), and told was \(told.tokens)") }
        if row.cost < Self.nano(cost.amount ?? 0) { complain("cheaper than was told", "\(row), and it is \(cost) at least") }
        if told.hasText, row.tokens.output == 0 { complain("a text without a token", "\(row)") }
        if !told.isWhole, !sending.codings.contains(.unknown) { judgeCeiling(row, told) }
    }

    /// A token is a byte at least, and no answer is longer than it may be.
    private mutating func judgeCeiling(_ row: BookedRow, _ told: Bill) {
        let tokens = plan.bill.tokens
        if row.tokens.prompt > max(told.tokens.prompt, tokens.prompt, plan.body.count) { complain("more input than was sent", "\(row)") }
        if let most = plan.maxOutput, row.tokens.output > max(told.tokens.output, tokens.output, most) {
            complain("more output than was allowed", "\(row)")
        }
    }

    /// What it costs by the project's own price follows from the row's tokens and from nothing else, but for what is no token.
    private mutating func judgeOwn(_ row: BookedRow, _ told: Bill) {
        guard let rates = plan.deal.own else {
            if row.projectCost != nil { complain("a price that the project has not", "\(row)") }
            return
        }
        guard row.cost > 0, row.searches == 0, told.sound == 0, !isReset else { return }
        if row.projectCost != Self.nano(rates.cost(of: row.tokens)) {
            complain("another cost by the project's own price", "\(row), and it is \(Self.nano(rates.cost(of: row.tokens))) n$")
        }
    }
}
