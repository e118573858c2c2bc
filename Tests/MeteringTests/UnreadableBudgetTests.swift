import Accounts
import Metering
import Store
import Testing

@Suite("A budget that can't be read")
struct UnreadableBudgetTests {
    @Test("It lets nothing be spent under it, hides no other in the list, stops no other owner, and ends when it is set again")
    func unreadable() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(50), per: .month, at: .user(sam.member.id), by: sam.member)
            try await sam.budgets.set(cents(5), per: .day, at: .user(sam.member.id), by: sam.member)
            try await sam.budgets.set(cents(100), per: .month, at: .user(sam.stranger.id), by: sam.stranger)
            _ = try await sam.store.write {
                try $0.execute("UPDATE budgets SET limit_nano = 'a lot' WHERE period = 'month' AND owner = $1", sam.member.id)
            }

            let desk = try sam.desk()
            // In one transaction, perhaps.
            async let theirs = desk.reserve(cents(1), for: RequestID(), of: sam.payer(sam.stranger, outside: true))
            let refused = try await desk.reserve(cents(1), for: RequestID(), of: sam.payer())
            guard case .refused(let sentence, _) = refused else {
                Issue.record("It was granted")
                return
            }
            #expect(sentence.contains("user scope can't be read") && sentence.contains("sam budget set"))
            #expect(try await theirs.isGranted)
            #expect(try await sam.budgets.list(for: sam.member).filter { $0.scope == .user }.map(\.period) == [.day])
            #expect(sam.store.unreadable.rows.map(\.table) == ["budgets"])
            await #expect(throws: MeteringError.self) {
                _ = try await sam.store.read { try sam.budgets.apply(to: [.user(sam.member.id)], in: $0) }
            }

            try await sam.budgets.set(cents(50), per: .month, at: .user(sam.member.id), by: sam.member)
            #expect(try await desk.reserve(cents(1), for: RequestID(), of: sam.payer()).isGranted)
        }
    }
}
