import Foundation
import Metering
import Testing

@Suite("Batches on their way to the database")
struct FlushTests {
    @Test("Who waits for a batch waits for the one before as well: nothing is in neither the spool nor the database")
    func together() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            for _ in 0..<50 {
                let request = sam.request()
                try ledger.open(request)
                ledger.settle(UsageEntry(request, cost: cents(1)))
                async let other: Void = ledger.flush()
                await ledger.flush()
                #expect(try await sam.rows(of: request.id) == 1)
                await other
            }
        }
    }

    @Test("A long spool is rewritten and still has the open requests")
    func compaction() async throws {
        try await MeteringFixture.with { sam in
            let long = sam.request()
            do {
                let ledger = try sam.ledger()
                try ledger.open(long)
                var longest: UInt64 = 0
                while true {
                    for _ in 0..<500 {
                        let request = sam.request()
                        try ledger.open(request)
                        ledger.settle(UsageEntry(request, cost: cents(1)))
                    }
                    let attributes = try FileManager.default.attributesOfItem(atPath: sam.spool("usage"))
                    longest = max(longest, attributes[.size] as? UInt64 ?? 0)
                    await ledger.flush()
                    let size = try FileManager.default.attributesOfItem(atPath: sam.spool("usage"))[.size] as? UInt64 ?? 0
                    if size < longest { break }
                }
                #expect(longest > 1 << 20, "A short one is left alone while something is under way")
            }
            let ledger = try sam.ledger()
            try await ledger.recover()
            let line = try #require(try await sam.totals().first)
            #expect(line.unsettled == 1 && line.requests > 1)
            #expect(try await sam.rows(of: long.id) == 1)
            #expect(!FileManager.default.fileExists(atPath: sam.spool("usage") + ".new"))
        }
    }
}
