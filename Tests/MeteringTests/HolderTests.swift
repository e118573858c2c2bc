import Accounts
import Foundation
import Store
import Testing

@testable import Metering

@Suite("Whose money is held")
struct HolderTests {
    /// All reservations, and what is held in any period of any layer.
    private func held(_ sam: MeteringFixture) async throws -> (rows: Int, sums: Set<Int>) {
        try await sam.store.read { transaction in
            let sums = try transaction.query("SELECT reserved_nano, typical_nano FROM spending")
            return (
                try transaction.query("SELECT 1 AS one FROM reservations").count,
                Set(try sums.flatMap { [try $0.integer("reserved_nano"), try $0.integer("typical_nano")] })
            )
        }
    }

    private func budgets(_ sam: MeteringFixture) async throws {
        for period in Period.allCases {
            try await sam.budgets.set(cents(1_000), per: period, at: .platform, by: sam.owner)
            try await sam.budgets.set(cents(1_000), per: period, at: .user(sam.member.id), by: sam.member)
            try await sam.budgets.set(cents(1_000), mode: .typical, per: period, at: .project(sam.project), by: sam.member)
        }
    }

    /// Lets time pass, in which these servers show that they live and look at the others.
    private func pass(_ seconds: Int64, _ sam: MeteringFixture, looking ledgers: [UsageLedger]) async throws {
        for ledger in ledgers { try await ledger.beat() }
        for _ in 0..<(seconds / 5) {
            sam.clock.pass(5_000)
            for ledger in ledgers { try await ledger.beat() }
        }
    }

    @Test("What a server held that shows no life for a minute is free again at every layer and in every period; a living one's is not")
    func dead() async throws {
        try await MeteringFixture.with { sam in
            try await budgets(sam)
            let (dead, living) = (try sam.ledger(), try sam.ledger(spool: "living", try sam.otherBudgets()))
            for (ledger, amount) in [(dead, cents(30)), (living, cents(40))] {
                let desk = sam.desk(ledger)
                let amount = LayeredMoney(amount, project: cents(7))
                #expect(try await desk.reserve(amount, for: RequestID(), of: sam.payer()).isGranted)
                #expect(try await desk.reserve(cents(1), for: RequestID(), of: sam.payer(outside: true)).isGranted)
            }
            // Any server takes it in, and one that has just started.
            let new = try sam.ledger(spool: "new")
            try await new.recover()
            try await pass(60, sam, looking: [new, living])
            #expect(try await held(sam).rows == 4)
            try await pass(5, sam, looking: [new, living])
            #expect(try await held(sam).rows == 2)
            #expect(try await sam.standing(.platform)?.reserved == cents(41))
            #expect(try await sam.standing(.user, .day, for: sam.member)?.reserved == cents(41))
            #expect(try await sam.standing(.project)?.reserved == cents(7))
            sam.clock.pass(30 * TestClock.day)
            try await pass(65, sam, looking: [dead])
            #expect(try await held(sam) == (0, [0]), "Given back to the periods that it was taken from")
        }
    }

    @Test("A server that was taken for dead holds under a new id, and its open requests still end right")
    func revived() async throws {
        try await MeteringFixture.with { sam in
            try await budgets(sam)
            let (slow, other) = (try sam.ledger(), try sam.ledger(spool: "other", try sam.otherBudgets()))
            let desk = sam.desk(slow)
            let requests = (0..<3).map { _ in sam.request(reserved: cents(50)) }
            for request in requests {
                #expect(try await desk.reserve(cents(50), for: request.id, of: request.payer).isGranted)
            }
            for request in requests.prefix(2) { try slow.open(request) }
            let before = slow.holder.id
            try await pass(65, sam, looking: [other])
            #expect(try await held(sam) == (0, [0]))
            // Not by its beat alone: also by the next request.
            #expect(try await desk.reserve(cents(5), for: RequestID(), of: sam.payer()).isGranted)
            #expect(slow.holder.id != before)
            slow.settle(UsageEntry(requests[0], cost: cents(20)))
            slow.release(requests[2].id)
            await slow.flush()
            var standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.spent == cents(20) && standing.reserved == cents(5))
            try await pass(30, sam, looking: [other])
            try await slow.beat()
            try await pass(40, sam, looking: [other])
            #expect(try await held(sam).rows == 1, "It lives")
            slow.settle(UsageEntry(requests[1], cost: cents(20)))
            await slow.flush()
            standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.spent == cents(40) && standing.reserved == cents(5))
            try await pass(65, sam, looking: [other])
            #expect(try await held(sam) == (0, [0]))
        }
    }

    @Test(
        "A server whose clock is an hour off keeps what it holds while it lives, and sees who has died",
        arguments: [3_600_000, -3_600_000],
        [true, false])
    func skewed(ahead: Int64, isSkewedDead: Bool) async throws {
        try await MeteringFixture.with { sam in
            try await budgets(sam)
            let (right, skewed) = (try sam.ledger(), try sam.ledger(spool: "skewed", try sam.otherBudgets(ahead: ahead)))
            for ledger in [right, skewed] {
                #expect(try await sam.desk(ledger).reserve(cents(30), for: RequestID(), of: sam.payer()).isGranted)
            }
            try await pass(300, sam, looking: [right, skewed])
            #expect(try await held(sam).rows == 2)
            let living = isSkewedDead ? right : skewed
            try await pass(65, sam, looking: [living])
            #expect(try await held(sam).rows == 1)
            #expect(try await sam.rows()["reservations"]?.allSatisfy { $0.contains(living.holder.id) } == true)
        }
    }

    @Test("While nobody could look, because the database was away, nobody has died")
    func outage() async throws {
        try await MeteringFixture.with { sam in
            try await budgets(sam)
            let (one, other) = (try sam.ledger(), try sam.ledger(spool: "other", try sam.otherBudgets()))
            #expect(try await sam.desk(one).reserve(cents(30), for: RequestID(), of: sam.payer()).isGranted)
            for _ in 0..<5 {
                try await pass(30, sam, looking: [one, other])
                sam.clock.pass(3_600_000)
                // The first one back sees no life in the other yet.
                try await other.beat()
                #expect(try await held(sam).rows == 1)
            }
        }
    }

    @Test("What was not sent is free after a crash, without waiting")
    func releasedBeforeCrash() async throws {
        try await MeteringFixture.with { sam in
            try await budgets(sam)
            let request = sam.request(reserved: cents(50))
            do {
                let ledger = try sam.ledger()
                #expect(try await sam.desk(ledger).reserve(cents(50), for: request.id, of: request.payer).isGranted)
                ledger.release(request.id)
            }
            try await sam.ledger().recover()
            #expect(try await held(sam) == (0, [0]))
            #expect(try await sam.totals().isEmpty)
        }
    }

    @Test("What can't be given back now is given back later, with or without something to book", arguments: [true, false])
    func retried(isMade: Bool) async throws {
        try await MeteringFixture.with { sam in
            try await budgets(sam)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            let request = sam.request(reserved: cents(50))
            #expect(try await desk.reserve(cents(50), for: request.id, of: request.payer).isGranted)
            _ = try await sam.store.write { transaction in
                try transaction.execute(
                    "CREATE TRIGGER full BEFORE DELETE ON reservations BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
            }
            if isMade {
                try ledger.open(request)
                ledger.settle(UsageEntry(request, cost: cents(3)))
            } else {
                ledger.release(request.id)
            }
            for _ in 0..<3 { await ledger.flush() }
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(50))
            _ = try await sam.store.write { try $0.execute("DROP TRIGGER full") }
            await ledger.flush()
            #expect(try await held(sam) == (0, [0]))
            #expect(try await sam.standing(.user, for: sam.member)?.spent == (isMade ? cents(3) : .zero))
        }
    }

    @Test("In a restored database no holder is alive: the first server settles everything")
    func restored() async throws {
        try await MeteringFixture.with { sam in
            try await budgets(sam)
            #expect(try await sam.desk().reserve(cents(50), for: RequestID(), of: sam.payer()).isGranted)
            try await sam.store.write { try UsageLedger.forgetHolders(in: $0) }
            try await sam.ledger().recover()
            #expect(try await held(sam) == (0, [0]))
        }
    }

    @Test("A background response from before an upgrade keeps its money: no server holds that, so none can have died")
    func upgraded() async throws {
        try await MeteringFixture.with(version: 4) { sam in
            let request = sam.request(reserved: cents(50))
            try await sam.store.write { transaction in
                let payer = request.payer
                for (id, holder) in [(request.id, "background"), (RequestID(), "h_dead")] {
                    try transaction.execute(
                        """
                        INSERT INTO reservations (request_id, holder, user_id, project_id, amount_nano, made_at)
                        VALUES ($1, $2, $3, $4, $5, $6)
                        """, id, holder, payer.user, payer.project, cents(50), request.at)
                }
                for owner in payer.owners {
                    for period in Period.allCases {
                        try transaction.execute(
                            """
                            INSERT INTO spending (scope, owner, period, starts_at, settled_nano, reserved_nano) VALUES ($1, $2, $3, $4, 0, $5)
                            """, owner.scope, owner.owner, period, period.interval(of: request.at, in: .utc).start, cents(100))
                    }
                }
                try transaction.execute(
                    """
                    INSERT INTO background_responses (request_id, response_id, at, due_at, user_id, project_id, session_id, provider,
                        request_bytes, reserved_nano)
                    VALUES ($1, 'resp_1', $2, $3, $4, $5, $6, $7, $8, $9)
                    """, request.id, request.at, request.at + BackgroundResponses.sessionRetention, payer.user, payer.project,
                    payer.session,
                    payer.provider, request.requestBytes, request.reserved)
            }
            try await sam.store.migrate(Accounts.migrations + MeteringTables.migrations, now: sam.clock.now)
            try await budgets(sam)
            let ledger = try sam.ledger()
            try await ledger.recover()
            for _ in 0..<2 {
                #expect(try await held(sam).rows == 1, "What the dead server held is free, and nothing else")
                #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(50))
                try await pass(130, sam, looking: [ledger])
            }
            var fetch = UsageEntry(request, cost: cents(20))
            fetch.request.id = RequestID()
            ledger.settle(fetch, of: FetchedResponse(id: "resp_1", isBackground: true))
            await ledger.flush()
            #expect(try await held(sam) == (0, [0]))
            #expect(try await sam.standing(.user, for: sam.member)?.spent == cents(20))
        }
    }

    @Test("While it works, a server shows that it lives")
    func beats() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let working = Task { await ledger.run() }
            try await until("a beat") { try await sam.rows()["holders"]?.isEmpty == false }
            let rows = try #require(try await sam.rows()["holders"])
            #expect(rows.count == 1 && rows[0].contains(ledger.holder.id), "\(rows)")
            working.cancel()
            await working.value
        }
    }
}
