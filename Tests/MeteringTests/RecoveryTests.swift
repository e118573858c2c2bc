import Accounts
import Foundation
import Testing

@testable import Metering

@Suite("A ledger after the death of its process")
struct RecoveryTests {
    @Test("What was settled is exact, what was under way is unsettled and costed, and nothing stays held back")
    func recovered() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(1_000), per: .month, at: .user(sam.member.id), by: sam.member)
            let desk = try sam.desk()
            let requests = (0..<4).map { _ in sam.request(reserved: cents(50)) }
            for request in requests { #expect(try await desk.reserve(cents(50), for: request.id, of: request.payer).isGranted) }
            do {
                let ledger = try sam.ledger()
                // The last one was to be made, and then it was not.
                for request in requests.dropLast() { try ledger.open(request) }
                ledger.settle(UsageEntry(requests[0], cost: cents(7)))
                ledger.settle(UsageEntry(requests[1], cost: cents(8)))
                ledger.settle(UsageEntry(requests[1], cost: cents(900)))
            }
            #expect(try await sam.totals().isEmpty, "Nothing was written before the end")

            let ledger = try sam.ledger()
            try await ledger.recover()
            await ledger.flush()
            // What was held for one that was never made is free when its holder has given no heartbeat for a minute.
            for _ in 0..<14 {
                try await ledger.beat()
                sam.clock.pass(5_000)
            }
            let line = try #require(try await sam.totals().first)
            #expect(line.requests == 3 && line.unsettled == 1)
            #expect(line.cost > cents(15) && line.usage.total > 260, "Unknown is never free")
            let standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.reserved == .zero && standing.spent == line.cost)
            for (request, rows) in zip(requests, [1, 1, 1, 0]) { #expect(try await sam.rows(of: request.id) == rows) }

            let before = try await sam.rows()
            try await ledger.recover()
            await ledger.flush()
            #expect(try await sam.rows() == before, "A second time changes nothing")
            let third = try sam.ledger()
            try await third.recover()
            await third.flush()
            #expect(try await sam.rows() == before, "Nor does it in the next process")
        }
    }

    @Test("A request that was under way costs something, also where no budget held anything back for it")
    func neverFree() async throws {
        try await MeteringFixture.with { sam in
            for (number, model) in ["claude-opus-4-5", "unheard-of", nil].enumerated() {
                let user = [sam.member, sam.owner, sam.stranger][number]
                do { try sam.ledger(spool: "\(number)").open(sam.request(sam.payer(user), model: model)) }
                let ledger = try sam.ledger(spool: "\(number)")
                try await ledger.recover()
                await ledger.flush()
                let line = try #require(try await sam.totals().first { $0.name == user.name })
                #expect(line.requests == 1 && line.unsettled == 1 && line.cost > .zero && line.usage.total > 0, "\(model ?? "no model")")
            }
        }
    }

    @Test("A process that died between the database and the spool doubles nothing")
    func writtenAlready() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(1_000), per: .month, at: .user(sam.member.id), by: sam.member)
            do {
                let ledger = try sam.ledger()
                let request = sam.request()
                try ledger.open(request)
                ledger.settle(UsageEntry(request, cost: cents(7)))
                let spool = try Data(contentsOf: URL(fileURLWithPath: sam.spool("usage")))
                await ledger.flush()
                try spool.write(to: URL(fileURLWithPath: sam.spool("old")))
            }
            let before = try await sam.rows()
            let ledger = try sam.ledger(spool: "old")
            try await ledger.recover()
            await ledger.flush()
            #expect(try await sam.rows() == before)
            #expect(try await sam.standing(.user, for: sam.member)?.spent == cents(7))
        }
    }

    @Test("A last line that was not finished is no line", arguments: [1, 2, 3, 10, 40, Int.max])
    func tornLine(missing: Int) async throws {
        try await MeteringFixture.with { sam in
            let url = URL(fileURLWithPath: sam.spool("usage"))
            let requests = [sam.request(), sam.request()]
            do {
                let ledger = try sam.ledger()
                for request in requests { try ledger.open(request) }
                ledger.settle(UsageEntry(requests[0], cost: cents(7)))
                let before = try Data(contentsOf: url).count
                ledger.settle(UsageEntry(requests[1], cost: Money(rawValue: 123_456_789)))
                let spool = try Data(contentsOf: url)
                try #require(spool.count > before)
                let handle = try FileHandle(forWritingTo: url)
                try handle.truncate(atOffset: UInt64(max(before + 1, spool.count - min(missing, spool.count))))
                try handle.close()
            }
            do {
                let ledger = try sam.ledger()
                try await ledger.recover()
                await ledger.flush()
                let line = try #require(try await sam.totals().first)
                #expect(line.requests == 2)
                // Without its end of line alone, it may be believed or not; a shortened one may not.
                if missing > 1 { #expect(line.unsettled == 1) }
                // What comes next is not glued to what was left of it.
                let next = sam.request(sam.payer(sam.owner))
                try ledger.open(next)
                ledger.settle(UsageEntry(next, cost: cents(9)))
            }
            let ledger = try sam.ledger()
            try await ledger.recover()
            await ledger.flush()
            let line = try #require(try await sam.totals().first { $0.name == sam.owner.name })
            #expect(line.requests == 1 && line.unsettled == 0 && line.cost == cents(9))
            #expect(try await sam.totals().map(\.requests).reduce(0, +) == 3)
        }
    }

    @Test("A request whose beginning was torn was never made")
    func tornBeginning() async throws {
        try await MeteringFixture.with { sam in
            do { try sam.ledger().open(sam.request()) }
            let url = URL(fileURLWithPath: sam.spool("usage"))
            let spool = try Data(contentsOf: url)
            try spool.prefix(spool.count / 2).write(to: url)
            let ledger = try sam.ledger()
            try await ledger.recover()
            await ledger.flush()
            #expect(try await sam.totals().isEmpty)
        }
    }

    @Test(
        "No name of a model, or any other, writes a line into the ledger",
        arguments: ["asked", "answered", "session", "key", "provider", "credential"], [true, false])
    func forged(field: String, isSettled: Bool) async throws {
        try await MeteringFixture.with { sam in
            // What a line looks like that makes the stranger pay a thousand dollars.
            do {
                let ledger = try sam.ledger(spool: "true")
                let request = sam.request(sam.payer(sam.stranger))
                try ledger.open(request)
                ledger.settle(UsageEntry(request, cost: cents(100_000)))
            }
            let lines = String(decoding: try Data(contentsOf: URL(fileURLWithPath: sam.spool("true"))), as: UTF8.self)
            let evil = "gpt\t5\"\\\u{0}\r\n\(lines)\n\(lines)\u{2028}\(lines)"

            var payer = sam.payer()
            if field == "session" { payer.session = evil }
            if field == "key" { payer.key = evil }
            if field == "provider" { payer.provider = evil }
            if field == "credential" { payer.credential = evil }
            let request = sam.request(payer, model: field == "asked" ? evil : "gpt-5")
            do {
                let ledger = try sam.ledger()
                try ledger.open(request)
                var entry = UsageEntry(request, cost: cents(7))
                if field == "answered" { entry.model = evil }
                if isSettled { ledger.settle(entry) }
            }
            let ledger = try sam.ledger()
            try await ledger.recover()
            await ledger.flush()
            let line = try #require(try await sam.totals().first)
            #expect(try await sam.totals().map(\.name) == [sam.member.name])
            #expect(line.requests == 1 && line.unsettled == (isSettled ? 0 : 1))
            if isSettled { #expect(line.cost == cents(7)) }
        }
    }
}
