import Foundation
import Testing

/// The meter beside a second implementation that was written from the providers' documents alone, over random exchanges through the
/// real gateway.
///
/// `SAM_EXCHANGES_SEED` draws other exchanges, `SAM_EXCHANGE` lets one of them happen alone.
@Suite("The meter beside a second one")
struct DifferentialMeterTests {
    static let seed = ProcessInfo.processInfo.environment["SAM_EXCHANGES_SEED"].flatMap(UInt64.init) ?? 1
    static let only = ProcessInfo.processInfo.environment["SAM_EXCHANGE"].flatMap(Int.init)

    /// The exchanges, or the one that was asked for.
    static let plans = (only.map { [$0] } ?? Array(1...1_000)).map { ExchangePlan(seed: seed, number: $0) }

    /// They happen once, for all tests here.
    static let results = Task { try await GatewayFixture.with { try await DifferentialRun(plans).results($0) } }

    @Test("A thousand exchanges are booked as the providers' documents say, to the billionth of a dollar")
    func books() async throws {
        report(try await Self.results.value.flatMap { $0.complaints() })
    }

    @Test("The second implementation reads out of an answer what its maker put into it")
    func reads() throws {
        // Of what ends in an error its maker does not say how far the usage got.
        for plan in Self.plans where plan.other == nil && (plan.bill.isWhole || plan.deal.vendor == .house || plan.bill.hasFailed) {
            var read = SecondReader.bill(of: plan.blocks.flatMap(\.bytes), plan.deal)
            read.hasText = plan.bill.hasText
            // Google tells it in a header.
            if plan.deal.format == .gemini { read.tier = plan.bill.tier }
            #expect(read == plan.bill, "\(plan.id), SAM_EXCHANGES_SEED=\(Self.seed) SAM_EXCHANGE=\(plan.number)")
        }
    }

    @Test("What is coded is the same when it is decoded", arguments: BodyCoding.allCases)
    func codes(coding: BodyCoding) {
        var dice = Dice(seed: Self.seed, exchange: 0)
        for size in [0, 1, 70, 5_000, 200_000] {
            let plain = (0..<size).map { _ in UInt8(dice.int(0x20...0x3f)) }
            #expect(coding.decode(coding.encode(plain, &dice)) == plain)
        }
    }

    @Test(
        "A price that is wrong by a thousandth of a cent a million tokens is noticed, in each tier, for long prompts and for searches",
        .enabled(if: only == nil))
    func notices() async throws {
        let results = try await Self.results.value
        for index in PriceBook.published.models.indices {
            let model = PriceBook.published.models[index]
            // A few tokens cost the same at both prices.
            let exact = results.filter {
                $0.plan.deal.model == index && $0.complaints().isEmpty && $0.plan.other == nil && $0.plan.bill.tokens.prompt > 200
                    && $0.rows.contains { !$0.isEstimate && $0.cost > 0 }
            }
            let wrong = PriceBook.published.wrong(at: index)
            for result in exact {
                #expect(result.complaints(wrong).contains { $0.kind == "another cost" }, "\(result.plan.id), \(result.rows)")
            }
            func isSeen(_ what: String, _ condition: (Bill) -> Bool) {
                // Other seeds may have none of a kind.
                guard Self.seed == 1 else { return }
                #expect(exact.contains { condition($0.plan.bill) }, "\(model.names): \(what) was never right, so nothing could be noticed")
            }
            isSeen("the usual price") { $0.tier ?? .standard == .standard }
            for tier in model.tiers.keys { isSeen("\(tier)") { $0.tier == tier } }
            if let long = model.long { isSeen("a long prompt") { $0.tokens.prompt > long.above } }
            if model.search != nil { isSeen("a search") { $0.searches > 0 } }
        }
    }

    private func report(_ complaints: [Complaint]) {
        guard !complaints.isEmpty else { return }
        let kinds = Dictionary(grouping: complaints, by: \.kind).sorted { $0.value.count > $1.value.count }
        let summary = kinds.map { "\($0.value.count) × \($0.key)" }.joined(separator: ", ")
        // A few of each provider, as each has its own mistakes.
        let shown = kinds.flatMap { kind in
            Vendor.allCases.flatMap { vendor in kind.value.filter { $0.vendor == vendor }.prefix(3).map(\.text) }
        }
        Issue.record(
            "SAM_EXCHANGES_SEED=\(Self.seed): \(summary). SAM_EXCHANGE=… lets one happen alone.\n\(shown.joined(separator: "\n"))")
    }
}
