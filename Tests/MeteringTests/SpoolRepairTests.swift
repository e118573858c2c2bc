import Accounts
import Foundation
import Testing

@testable import Metering

@Suite("A spool on a disk without room")
struct SpoolRepairTests {
    @Test("A line that is cut anywhere is taken out again, and the next one is whole")
    func cut() async {
        // The kernel itself cuts what passes the largest size that a process may give a file. The limit is the whole process's.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            func limit(_ bytes: Int?) {
                var limit = rlimit()
                let kind = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
                precondition(getrlimit(kind, &limit) == 0)
                limit.rlim_cur = bytes.map { rlim_t($0) } ?? limit.rlim_max
                precondition(setrlimit(kind, &limit) == 0)
            }
            let path = NSTemporaryDirectory() + "spool-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let payer = Payer(
                user: .init(rawValue: "u"), project: nil, session: "s", key: nil, provider: "p", scope: .user, credential: "c")
            var expected: [SpoolLine] = []
            var spool = try UsageSpool(path: path)
            for room in 0..<140 {
                let requests = (0..<3).map {
                    OpenRequest(id: RequestID(), payer: payer, at: Int64($0), model: "m", reserved: .init(rawValue: 77))
                }
                try spool.append(.opened(requests[0]))
                let entry = UsageEntry(
                    request: requests[1], status: 200, model: "m", usage: TokenUsage(input: 1), cost: Money(rawValue: 5),
                    projectCost: Money(rawValue: 123_456), state: .exact, milliseconds: 1)
                let size = spool.bytes
                limit(size + room)
                let length = SpoolLine.settled(entry).bytes.count
                do {
                    try spool.append(.settled(entry))
                    precondition(room >= length)
                    expected += [.opened(requests[0]), .settled(entry)]
                } catch let error as MeteringError {
                    precondition(error.code == .spool && room < length)
                    expected.append(.opened(requests[0]))
                }
                limit(nil)
                try spool.append(.opened(requests[2]))
                expected.append(.opened(requests[2]))
                precondition(spool.lines() == expected)
                let content = try String(contentsOfFile: path, encoding: .utf8)
                precondition(content.utf8.count == spool.bytes && content.split(separator: "\n").count == expected.count)
            }
        }
    }

    @Test("What a death left of a line is not joined with the next one, and is no line, wherever it was cut")
    func torn() throws {
        let path = NSTemporaryDirectory() + "spool-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let payer = Payer(
            user: .init(rawValue: "u"), project: nil, session: "s", key: nil, provider: "p", scope: .user, credential: "c")
        let open = SpoolLine.opened(OpenRequest(id: RequestID(), payer: payer, at: 1, tier: "flex", reserved: Money(rawValue: 123_456)))
        let settled = SpoolLine.settled(
            UsageEntry(
                request: OpenRequest(id: RequestID(), payer: payer, at: 1), status: 200, model: "m", usage: TokenUsage(), cost: .zero,
                projectCost: Money(rawValue: 123_456), state: .estimated, reasons: [.cut, .tool], milliseconds: 1))
        guard case .settled(let entry) = settled, case .opened(let request) = open else { throw CancellationError() }
        let background = ["", "b", "t", "bt", "bt9", "1234567890123"].map {
            SpoolLine.fetched(entry, FetchedResponse(id: "resp_1", marks: $0))
        }
        let left = [nil, "priority"].map { tier in
            var request = request
            request.tier = tier
            return SpoolLine.left(request, response: "resp_1")
        }
        for line in [open, settled] + left + background {
            #expect(SpoolLine(String(decoding: line.bytes.dropLast(), as: UTF8.self)) == line)
            // Without its end of line alone it is whole.
            for length in 1..<line.bytes.count - 1 {
                try Data(line.bytes.prefix(length)).write(to: URL(filePath: path))
                var spool = try UsageSpool(path: path)
                try spool.append(open)
                #expect(spool.lines() == [open], "\(length)")
            }
        }
    }

    @Test("Lines that earlier versions wrote are read")
    func earlier() throws {
        let request = "r_0123456789abcdef\t5\tu\t\ts\t\tp\tuser\tc\tm\t10\t20\t30"
        let open = try #require(SpoolLine("o\t\(request)"))
        guard case .opened(let read) = open else { throw CancellationError() }
        #expect(read.reserved == Money(rawValue: 30) && read.outputLimit == 20)
        #expect(SpoolLine("b\tresp_1\t\(request)\t.") == .left(read, response: "resp_1"))
        #expect(read.tier == nil && SpoolLine("O\t\(request)\t.") == open)
        #expect(SpoolLine("B\tresp_1\t\t\(request)\t.") == .left(read, response: "resp_1"))
        var hasty = read
        hasty.tier = "priority"
        #expect(SpoolLine("B\tresp_1\tpriority\t\(request)\t.") == .left(hasty, response: "resp_1"))
        let end = "200\tm\texact\t7\t8\t1\t2\t3\t4\t5\t6\t0\t\t\t."
        guard case .fetched(_, let response)? = SpoolLine("f\tresp_1\t\(request)\t\(end)") else { throw CancellationError() }
        #expect(response == FetchedResponse(id: "resp_1", isBackground: true))
        for rest in ["", "\tcut"] {
            guard case .settled(let entry)? = SpoolLine("s\t\(request)\t200\tm\texact\t7\t8\t1\t2\t3\t4\t5\t6\t0" + rest) else {
                throw CancellationError()
            }
            #expect(entry.cost == Money(rawValue: 7) && entry.projectCost == nil && entry.usage.reasoning == 6)
        }
    }

    @Test("On a full disk no request is made, and one that was answered early is booked all the same")
    func full() async throws {
        try await MeteringFixture.with { sam in
            try FileManager.default.createSymbolicLink(atPath: sam.spool("full"), withDestinationPath: "/dev/full")
            try await sam.budgets.set(cents(1_000), per: .month, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger(spool: "full")
            let desk = sam.desk(ledger)
            let requests = (0..<2).map { _ in sam.request(reserved: cents(50)) }
            for request in requests {
                #expect(try await desk.reserve(cents(50), for: request.id, of: request.payer).isGranted)
                let error = #expect(throws: MeteringError.self) { try ledger.open(request) }
                #expect(error?.code == .spool)
            }
            ledger.release(requests[0].id)
            ledger.settleUnopened(UsageEntry(requests[1], cost: cents(5)))
            await ledger.flush()
            let standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.spent == cents(5) && standing.reserved == .zero)
        }
    }
}
