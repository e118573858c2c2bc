import Accounts
import Metering
import Testing

@Suite("Reports on usage")
struct UsageReportTests {
    /// Four requests: the owner's and the member's in the project, the member's outside of it, and the stranger's a day later.
    private func withUsage(_ body: (MeteringFixture) async throws -> Void) async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            func spend(_ cost: Int64, _ user: User, session: String?, _ provider: String, _ credential: String, _ model: String) throws {
                let payer = Payer(
                    user: user.id, project: session.map { _ in sam.project }, session: session, key: session == nil ? "k_1" : nil,
                    provider: provider, scope: .user, credential: credential)
                let request = sam.request(payer, model: model)
                try ledger.open(request)
                ledger.settle(UsageEntry(request, cost: cents(cost)))
            }
            try spend(10, sam.owner, session: "s_1", "anthropic", "c_1", "claude-opus-4-5")
            try spend(20, sam.member, session: "s_2", "openai", "c_2", "gpt-5.1")
            try spend(5, sam.member, session: nil, "openai", "c_3", "gpt-5.1")
            sam.clock.pass(TestClock.day)
            try spend(40, sam.stranger, session: nil, "google", "c_4", "gemini-2.5-pro")
            await ledger.flush()
            try await body(sam)
        }
    }

    /// The lines as a name and cents each.
    private func lines(_ query: UsageQuery, for user: User, in sam: MeteringFixture) async throws -> [String] {
        try await sam.report(query, for: user).map { "\($0.name) \($0.cost.rawValue / 10_000_000)" }
    }

    @Test(
        "They are broken down by anything, the dearest first",
        arguments: [
            (UsageGrouping.project, [" 45", "shed 30"]),
            (.user, ["robin 40", "kim 25", "owner 10"]),
            (.session, [" 45", "s_2 20", "s_1 10"]),
            (.credential, ["c_4 40", "c_2 20", "c_1 10", "c_3 5"]),
            (.model, ["gemini-2.5-pro 40", "gpt-5.1 25", "claude-opus-4-5 10"]),
            (.day, ["2026-03-15 40", "2026-03-14 35"]),
            (.provider, ["google 40", "openai 25", "anthropic 10"]),
        ] as [(UsageGrouping, [String])])
    func groupings(grouping: UsageGrouping, expected: [String]) async throws {
        try await withUsage { sam in
            #expect(try await lines(UsageQuery(by: grouping, since: 0), for: sam.owner, in: sam) == expected)
            let all = try await sam.report(UsageQuery(by: grouping, since: 0), for: sam.owner)
            #expect(all.map(\.requests).reduce(0, +) == 4)
            #expect(all.map(\.usage.input).reduce(0, +) == 400 && all.map(\.usage.output).reduce(0, +) == 80)
        }
    }

    @Test("People see their own and that of their projects, administrators everyone's")
    func visibility() async throws {
        try await withUsage { sam in
            let all = UsageQuery(by: .user, since: 0)
            #expect(try await lines(all, for: sam.owner, in: sam) == ["robin 40", "kim 25", "owner 10"])
            #expect(try await lines(all, for: sam.member, in: sam) == ["kim 25", "owner 10"])
            #expect(try await lines(all, for: sam.stranger, in: sam) == ["robin 40"])
            // Asking for what is not theirs shows nothing, beside the one who may.
            let project = UsageQuery(by: .user, since: 0, project: sam.project)
            #expect(try await lines(project, for: sam.stranger, in: sam) == [])
            #expect(try await lines(project, for: sam.member, in: sam) == ["kim 20", "owner 10"])
            let session = UsageQuery(by: .session, since: 0, session: "s_1")
            #expect(try await lines(session, for: sam.stranger, in: sam) == [])
            #expect(try await lines(session, for: sam.member, in: sam) == ["s_1 10"])
            // Who leaves the project keeps what is their own.
            try await sam.accounts.removeMember("kim", from: sam.project, by: sam.owner.id)
            #expect(try await lines(all, for: sam.member, in: sam) == ["kim 25"])
        }
    }

    @Test("They begin where they are asked to")
    func since() async throws {
        try await withUsage { sam in
            func since(_ time: Int64) async throws -> [String] {
                try await lines(UsageQuery(by: .user, since: time), for: sam.owner, in: sam)
            }
            let (first, second, none) = try await (
                since(TestClock.noon), since(TestClock.noon + 1), since(TestClock.noon + TestClock.day + 1)
            )
            #expect(first.count == 3 && second == ["robin 40"] && none.isEmpty)
        }
    }
}
