import Accounts
import Metering
import Store
import Testing

@Suite("A project's own prices")
struct ProjectPriceTests {
    /// A dollar for a million tokens read, and ten for as many that are generated.
    private static let rates = Rates(input: 1_000_000_000, output: 10_000_000_000)

    private func book(_ sam: MeteringFixture) -> ProjectPriceBook {
        ProjectPriceBook(store: sam.store, accounts: sam.accounts, now: { [clock = sam.clock] in clock.now })
    }

    private func prices(_ sam: MeteringFixture) async throws -> ProjectPrices {
        try await sam.store.read { [project = sam.project] in try ProjectPriceBook.prices(of: project, in: $0) }
    }

    /// The prices of a project that has set one for some models.
    private func prices(_ models: String...) async throws -> ProjectPrices {
        try await MeteringFixture.with { sam in
            for model in models { try await book(sam).set(Self.rates, of: model, in: sam.project, by: sam.member) }
            return try await prices(sam)
        }
    }

    @Test("They are set, changed, listed and removed, and the audit trail tells of it")
    func life() async throws {
        try await MeteringFixture.with { sam in
            let book = book(sam)
            #expect(try await prices(sam).isEmpty)
            try await book.set(Rates(input: 7, output: 9), of: "House/Llama3:8b", in: sam.project, by: sam.member)
            sam.clock.pass(1_000)
            try await book.set(Self.rates, of: "house/llama3:8b", in: sam.project, by: sam.owner)
            let entry = try #require(try await book.list(of: sam.project).first)
            #expect(entry.model == "house/llama3:8b" && entry.rates == Self.rates && entry.by == sam.owner.name)
            #expect(entry.changedAt == TestClock.noon + 1_000 && entry.rates.cacheRead == 1_000_000_000)
            #expect(try await book.list(of: sam.project).count == 1)
            try await book.remove("HOUSE/llama3:8b", from: sam.project, by: sam.member)
            #expect(try await book.list(of: sam.project).isEmpty)
            await #expect { try await book.remove("house/llama3:8b", from: sam.project, by: sam.member) } throws: {
                ($0 as? MeteringError)?.code == .notFound
            }
            let acts = try await sam.rows()["audit"] ?? []
            #expect(acts.filter { $0.contains("price.set") }.count == 2 && acts.filter { $0.contains("price.removed") }.count == 1)
        }
    }

    @Test("Only its owners set them, and to others it is no project")
    func rights() async throws {
        try await MeteringFixture.with { sam in
            let book = book(sam)
            try await sam.accounts.addMember(sam.stranger.name, as: .member, to: sam.project, by: sam.owner.id)
            let outsider = try await sam.accounts.addUser(named: "lee", role: .member, by: sam.owner.id)
            for (user, code) in [(sam.stranger, AccountsError.Code.forbidden), (outsider, .notFound)] {
                await #expect { try await book.set(Self.rates, of: "m", in: sam.project, by: user) } throws: {
                    ($0 as? AccountsError)?.code == code
                }
                await #expect { try await book.remove("m", from: sam.project, by: user) } throws: { ($0 as? AccountsError)?.code == code }
            }
            #expect(try await book.list(of: sam.project).isEmpty)
        }
    }

    @Test(
        "An invalid model name is refused", arguments: ["", " ", "two words", "tab\there", "über", String(repeating: "m", count: 121)])
    func names(model: String) async throws {
        try await MeteringFixture.with { sam in
            _ = await #expect { try await book(sam).set(Self.rates, of: model, in: sam.project, by: sam.owner) } throws: {
                ($0 as? MeteringError)?.code == .invalid
            }
        }
    }

    @Test("A price that can't be read lets nothing be spent, and hides no other from the list")
    func unreadable() async throws {
        try await MeteringFixture.with { sam in
            let book = book(sam)
            for model in ["a", "b"] { try await book.set(Self.rates, of: model, in: sam.project, by: sam.owner) }
            try await sam.store.write { _ = try $0.execute("UPDATE project_prices SET input_nano = 'x' WHERE model = $1", "a") }
            await #expect { try await prices(sam) } throws: { ($0 as? MeteringError)?.code == .unreadable }
            #expect(try await book.list(of: sam.project).map(\.model) == ["b"])
            try await book.set(Self.rates, of: "a", in: sam.project, by: sam.owner)
            #expect(try await prices(sam).isEmpty == false)
        }
    }

    @Test("They go with the project")
    func forgotten() async throws {
        try await MeteringFixture.with { sam in
            try await book(sam).set(Self.rates, of: "m", in: sam.project, by: sam.owner)
            try await sam.store.write { [project = sam.project] in try ProjectPriceBook.forget(project, in: $0) }
            #expect(try await prices(sam).isEmpty)
        }
    }

    // MARK: - What they count for

    @Test(
        "They count at the project alone, and a broader layer counts by the list or its estimate",
        arguments: [
            // Dearer and cheaper than the list, and where the list has nothing.
            ("gpt-5-nano", "openai", 90_000), ("gpt-5.4-pro", "openai", 48_000_000), ("gpt-5.4-pro-2026-03-05", "openai", 48_000_000),
            ("llama3:8b", "custom-house", nil),
        ] as [(String, String, Int64?)])
    func layers(model: String, provider: String, listed: Int64?) async throws {
        let own = try await prices("gpt-5-nano", "gpt-5.4-pro", "llama3:8b")
        let list = PriceList()
        let facts = RequestFacts(model: model, limit: 100, bytes: 2_000)
        let read = UsageReading(TokenUsage(input: 1_000, output: 100), model: model)
        let charge = list.charge(for: read, facts: facts, provider: provider, own: own)
        let project = Money(rawValue: 2_000_000)
        #expect(charge.projectCost == project && charge.amount.at(.project(ProjectID(rawValue: "p"))) == project)
        let without = list.charge(for: read, facts: facts, provider: provider)
        #expect(charge.cost == without.cost && charge.reasons == without.reasons && without.projectCost == nil)
        #expect(charge.amount.at(.platform) == without.cost && charge.amount.at(.user(UserID(rawValue: "u"))) == without.cost)
        if let listed { #expect(charge.cost.rawValue == listed && charge.reasons.isEmpty) } else { #expect(charge.reasons == [.noPrice]) }

        let held = list.reservation(for: facts, provider: provider, own: own)
        #expect(held.platform == list.reservation(for: facts, provider: provider).platform && held.platform >= charge.cost)
        #expect(try #require(held.project) >= project && held.project != held.platform)
        #expect(list.isPriced(model, provider: provider, own: own))
    }

    @Test("A name is found as in the list: with what sellers write around it, a date or -latest, and no other product")
    func found() async throws {
        let own = try await prices("llama3:8b", "house-gpt")
        let list = PriceList()
        for (model, isTheirs) in [
            ("llama3:8b", true), ("LLAMA3:8b", true), ("house-gpt-latest", true), ("house-gpt-2026-04-01", true),
            ("seller/house-gpt", true),
            ("llama3:70b", false), ("house-gpt-pro", false), ("house", false),
        ] {
            #expect(list.isPriced(model, provider: "custom-house", own: own) == isTheirs, "\(model)")
        }
    }

    @Test("In a request with several models each counts by its own price, and searches at the list's")
    func several() async throws {
        let own = try await prices("claude-sonnet-5")
        let body = #"""
            {"model":"claude-sonnet-5","usage":{"input_tokens":1000,"output_tokens":300,"server_tool_use":{"web_search_requests":2},"iterations":[
            {"type":"message","model":"claude-opus-5","input_tokens":1000,"output_tokens":20}]}}
            """#
        let read = reading(Array(body.utf8), as: .messages, type: "application/json")
        let facts = RequestFacts(model: "claude-sonnet-5")
        let charge = PriceList().charge(for: read, facts: facts, provider: "anthropic", own: own)
        // 1,000 × 2,000 + 300 × 10,000 + 2 × 10,000,000, and 1,000 × 5,000 + 20 × 25,000 of the other model.
        #expect(charge.cost.rawValue == 25_000_000 + 5_500_000)
        // 1,000 × 1,000 + 300 × 10,000 + 2 × 10,000,000, and the same of the other model.
        #expect(charge.projectCost == Money(rawValue: 24_000_000 + 5_500_000))
    }
}
