import Accounts
import Credentials
import Foundation
import Gateway
import Limits
import Metering
import TestSupport
import Testing

@Suite("Requests that wait for money", .timeLimit(.minutes(20)))
struct RelayWaitingTests {
    private static let path = "/anthropic/v1/messages"
    /// May cost $3.20 and a little at $25 a million.
    private static let body = #"{"model":"claude-opus-4-5","max_tokens":128000}"#
    private static let small = #"{"model":"claude-opus-4-5","max_tokens":1}"#
    private static let answer = ScriptedUpstream.answer(#"{"model":"claude-opus-4-5","usage":{"input_tokens":20,"output_tokens":24}}"#)

    @Test("With $6 left, three calls of 128,000 tokens at once are all served")
    func served() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("6", at: .user(fixture.member.id))
            fixture.upstream.answering(Self.answer)
            let answers = try await withThrowingTaskGroup(of: RawMessage.self) { group in
                for _ in 0..<3 { group.addTask { try await door.ask(Self.path, body: Self.body) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status) == [200, 200, 200])
            #expect(try await fixture.rows(3).count == 3)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    /// A path of each dialect, and a code that its clients know for money that is used up.
    private static let paths: [(path: String, dialect: Dialect, code: String)] = [
        ("/anthropic/v1/messages", .anthropic, "billing_error"), ("/openai/v1/responses", .openai, "insufficient_quota"),
        ("/openai/v1/chat/completions", .openai, "insufficient_quota"),
        ("/google/v1beta/models/gemini-2.5-pro:generateContent", .google, "RESOURCE_EXHAUSTED"),
        ("/mistral/v1/chat/completions", .openai, "insufficient_quota"),
        ("/custom/house/v1/chat/completions", .openai, "insufficient_quota"),
    ]

    @Test(
        "When the budget is spent, or would be too small with nothing held, the answer is 402 in the provider's shape at once",
        arguments: paths, [true, false])
    func spent(_ place: (path: String, dialect: Dialect, code: String), isSpent: Bool) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(Self.answer)
            if isSpent {
                try await fixture.limit("10", at: .platform)
                #expect(try await door.ask(Self.path, body: Self.body).status == 200)
                _ = try await fixture.rows(1)
                try await fixture.limit("0.0000001", at: .platform)
            } else {
                try await fixture.limit("0.0001", at: .platform)
            }
            let before = fixture.upstream.requests.count
            let refused = try await door.ask(place.path, body: Self.body)
            #expect(refused.status == 402 && refused.isRefusal(place.dialect), "\(refused.everything)")
            #expect(refused.text.contains(place.code) && refused.text.contains("It resets at 2026-04-01 00:00 (UTC)"), "\(refused.text)")
            #expect(refused.values("retry-after").isEmpty && refused.values("x-should-retry") == ["false"], "\(refused.everything)")
            #expect(fixture.upstream.requests.count == before)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test(
        "Without waiting, or after the time limit, the answer is 429 in the provider's shape, with the seconds until the next try",
        arguments: [
            ("/anthropic/v1/messages", Dialect.anthropic), ("/openai/v1/responses", .openai),
            ("/google/v1beta/models/gemini-2.5-pro:generateContent", .google), ("/custom/house/v1/chat/completions", .openai),
        ])
    func busy(path: String, dialect: Dialect) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("6", at: .platform)
            try await fixture.budgetWait("0")
            let client = try await door.connect()
            try await client.send(door.request(Self.path, body: Self.body))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let google = #"{"generationConfig":{"maxOutputTokens":250000}}"#
            let refused = try await door.ask(path, body: dialect == .google ? google : Self.body)
            #expect(refused.status == 429 && refused.isRefusal(dialect), "\(refused.everything)")
            #expect((1...60).contains(Int(refused.values("retry-after").first ?? "") ?? 0))
            #expect(refused.values("x-should-retry").isEmpty)
            #expect(!refused.text.contains("insufficient_quota") && !refused.text.contains("billing_error"))
            #expect(refused.text.contains("is held for requests under way"), "\(refused.text)")
            try await provider.send(ScriptedUpstream.answer("{}", [ScriptedUpstream.closing]))
            #expect(try await client.message(answering: "POST").status == 200)
            _ = try await fixture.rows(1)
            fixture.upstream.answering(Self.answer)
            #expect(try await door.ask(Self.path, body: Self.body).status == 200, "On a retry")
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("A client that leaves while its request waits leaves nothing: no bytes, no money, and those behind it move up")
    func leaves() async throws {
        let held = HeldBytes(limit: 1 << 30)
        try await GatewayFixture.with(held: held) { fixture in
            let door = try await fixture.session()
            try await fixture.limit("6", at: .platform)
            let first = try await door.connect()
            try await first.send(door.request(Self.path, body: Self.body))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let padded = String(Self.body.dropLast()) + #","metadata":""# + String(repeating: "x", count: 100_000) + #""}"#
            let waiting = try await door.connect()
            try await waiting.send(door.request(Self.path, body: padded))
            try await eventually("it waits") { held.total == padded.utf8.count ? () : nil }
            let small = try await door.connect()
            try await small.send(door.request(Self.path, body: Self.small))
            try await eventually("both wait") { held.total == padded.utf8.count + Self.small.utf8.count ? () : nil }
            #expect(fixture.upstream.connections == 1, "It does not overtake")

            await waiting.close()
            let next = try await fixture.upstream.accept()
            #expect(try await next.message().text == Self.small)
            try await eventually("its bytes are let go") { held.total == 0 ? () : nil }
            for (wire, client) in [(next, small), (provider, first)] {
                try await wire.send(Self.answer)
                #expect(try await client.message(answering: "POST").status == 200)
            }
            #expect(try await fixture.rows(2).count == 2)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    /// A limit of held bytes.
    enum Cap: CaseIterable {
        case ofSession, ofAll
        /// The control: no limit that the requests reach.
        case none

        var held: HeldBytes {
            switch self {
            case .ofSession: HeldBytes(limit: 1 << 30, limitOfHolder: 250_000)
            case .ofAll: HeldBytes(limit: 250_000)
            case .none: HeldBytes(limit: 1 << 30)
            }
        }
    }

    @Test(
        "Waiting requests hold their bodies: beyond the limit one is refused, others are served, and who leaves makes room",
        arguments: Cap.allCases)
    func heldBytes(cap: Cap) async throws {
        let held = cap.held
        try await GatewayFixture.with(held: held) { fixture in
            let (door, other) = (try await fixture.session(), try await fixture.session("s_2"))
            try await fixture.limit("6", at: .platform)
            let first = try await door.connect()
            try await first.send(door.request(Self.path, body: Self.body))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let padded = String(Self.body.dropLast()) + #","metadata":""# + String(repeating: "x", count: 100_000) + #""}"#
            let size = padded.utf8.count
            var waiting: [RawWire] = []
            for count in 1...2 {
                waiting.append(try await door.connect())
                try await waiting[count - 1].send(door.request(Self.path, body: padded))
                try await eventually("it waits") { held.total == count * size ? () : nil }
            }

            // The third one is beyond the limit.
            if cap == .none {
                waiting.append(try await door.connect())
                try await waiting[2].send(door.request(Self.path, body: padded))
                try await eventually("it waits, too") { held.total == 3 * size ? () : nil }
            } else {
                for _ in 0..<2 {
                    let refused = try await door.ask(Self.path, body: padded)
                    #expect(refused.status == 429 && refused.isRefusal(.anthropic), "\(refused.everything)")
                    #expect(
                        refused.text.contains(LimitReason.memory.sentence) && refused.values("retry-after") == ["2"],
                        "\(refused.everything)")
                    #expect(held.total == 2 * size, "It leaves nothing")
                }
            }
            // What waits for no money is served meanwhile, and another session has a limit of its own.
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            #expect(try await door.ask("/anthropic/v1/models", method: "GET", body: nil).status == 200)
            if cap == .ofSession {
                let theirs = try await other.connect()
                try await theirs.send(other.request(Self.path, body: padded))
                try await eventually("the other session's waits") { held.total == 3 * size ? () : nil }
                await theirs.close()
                try await eventually("it is gone") { held.total == 2 * size ? () : nil }
            }

            // The room of one that leaves is the next one's.
            let count = waiting.count
            await waiting.removeFirst().close()
            try await eventually("its bytes are released") { held.total == (count - 1) * size ? () : nil }
            waiting.append(try await door.connect())
            try await waiting[count - 1].send(door.request(Self.path, body: padded))
            try await eventually("the next one waits") { held.total == count * size ? () : nil }

            fixture.upstream.answering(Self.answer)
            try await provider.send(ScriptedUpstream.answer("{}", [ScriptedUpstream.closing]))
            for client in [first] + waiting { #expect(try await client.message(answering: "POST").status == 200) }
            try await eventually("nothing is held") { held.total == 0 ? () : nil }
            #expect(try await fixture.rows(1 + count).count == 1 + count)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test(
        "A thousand at once, from 1 token to 128,000, are all served by a budget for a dozen of the largest, by waiting or on a retry",
        arguments: ["60", "1"])
    func crowd(seconds: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let limit = Self.cents(4_000)
            try await fixture.limit("40", at: .user(fixture.member.id))
            try await fixture.budgetWait(seconds)
            let (budgets, member) = (fixture.budgets, fixture.member)
            fixture.upstream.answering { request in
                // What is spent and held is looked at while it is, as the provider sees it.
                if request.text.utf8.count % 4 == 0 {
                    for standing in try await budgets.list(for: member) { #expect(standing.spent + standing.reserved <= limit) }
                }
                let asked = request.text.firstMatch(of: /"max_tokens":([0-9]+)/).flatMap { Int($0.output.1) } ?? 0
                let usage = #"{"input_tokens":20,"output_tokens":\#(Self.output(asked))}"#
                return Array(ScriptedUpstream.answer(#"{"model":"claude-opus-4-5","usage":\#(usage)}"#).utf8)
            }
            let asked = (0..<1_000).map(Self.tokens)
            let retries = try await withThrowingTaskGroup(of: Int.self) { group in
                for tokens in asked {
                    group.addTask { try await Self.untilServed(door, #"{"model":"claude-opus-4-5","max_tokens":\#(tokens)}"#) }
                }
                return try await group.reduce(0, +)
            }
            // $5 and $25 a million.
            let cost = asked.reduce(Int64(0)) { $0 + 20 * 5_000 + Int64(Self.output($1)) * 25_000 }
            let rows = try await fixture.rows(1_000)
            #expect(rows.count == 1_000 && rows.allSatisfy { $0.state == "exact" })
            #expect(rows.reduce(Money.zero) { $0 + $1.cost } == Money(rawValue: cost))
            let standing = try #require(try await fixture.budgets.list(for: fixture.member).first)
            #expect(standing.spent == Money(rawValue: cost) && standing.reserved == .zero)
            #expect(fixture.upstream.requests.count == 1_000)
            if seconds == "60" { #expect(retries == 0) }
        }
    }

    /// A quarter has the largest size there is, the others one of any magnitude.
    private static func tokens(_ number: Int) -> Int {
        number % 4 == 0 ? 128_000 : max(1, (number * 7_919) % 128_000 >> (number % 17))
    }

    /// Each uses a thousandth of what it may.
    private static func output(_ tokens: Int) -> Int { tokens / 1_000 + 1 }

    /// - Returns: how often it had to ask again.
    private static func untilServed(_ door: Door, _ body: String) async throws -> Int {
        let wire = try await door.connect()
        for retries in 0... {
            try await wire.send(door.request(path, body: body))
            let answer = try await wire.message(answering: "POST")
            guard answer.status == 429, answer.values("retry-after").first != nil else {
                #expect(answer.status == 200, "\(answer.everything)")
                await wire.close()
                return retries
            }
        }
        return 0
    }

    private static func cents(_ cents: Int64) -> Money { Money(rawValue: cents * 10_000_000) }

    @Test("Where the disk is full nothing is sent and nothing stays held; where the answer was early it is booked")
    func fullDisk() async throws {
        try await GatewayFixture.with(spool: "/dev/full") { fixture in
            let door = try await fixture.session()
            try await fixture.limit("6", at: .platform)
            for _ in 0..<3 {
                let answer = try await door.ask(Self.path, body: Self.body)
                #expect(answer.status == 503 && answer.isRefusal(.anthropic), "\(answer.everything)")
                #expect(try await fixture.upstream.accept().end().isEmpty, "The provider gets no byte of it")
                try await eventually("nothing is held") { try await fixture.reserved() == .zero ? () : nil }
            }
            #expect(try await fixture.rows().isEmpty)
        }
        try await GatewayFixture.with(spool: "/dev/full") { fixture in
            let door = try await fixture.session()
            let (client, request) = (try await door.connect(), door.request(Self.path, body: Self.body))
            try await client.send(Array(request.dropLast(5)))
            let provider = try await fixture.upstream.accept()
            try await provider.sees("max_tokens")
            try await client.send(Array(request.suffix(5)))
            #expect(try await client.message(answering: "POST").status == 503)
            let seen = String(decoding: try await provider.end(), as: UTF8.self)
            #expect(seen.contains("max_tokens") && !seen.hasSuffix(String(Self.body.suffix(5))), "The provider never has all of it")
        }
        try await GatewayFixture.with(spool: "/dev/full") { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(Array(door.request(Self.path, body: Self.body).dropLast(5)))
            let provider = try await fixture.upstream.accept()
            try await provider.sees("max_tokens")
            try await provider.send(Self.answer)
            #expect(try await client.message(answering: "POST").status == 200)
            let rows = try await fixture.rows(1)
            #expect(rows.map(\.status) == [200] && rows[0].cost > .zero)
        }
    }

    @Test("On a connection that is used again too, no byte leaves before the request is in the spool")
    func fullDiskLater() async throws {
        let spool = try GrowingFile()
        try await GatewayFixture.with(spool: spool.path) { fixture in
            let door = try await fixture.session()
            try await fixture.limit("600", at: .platform)
            fixture.upstream.answering(Self.answer)
            let (client, request) = (try await door.connect(), door.request(Self.path, body: Self.small))
            for count in 1...2 {
                try await client.send(request)
                #expect(try await client.message(answering: "POST").status == 200)
                #expect(fixture.upstream.requests.count == count)
            }
            let provider = try await fixture.upstream.accept()
            let seen = provider.current.count
            try spool.seal()
            try await client.send(request)
            #expect(try await client.message(answering: "POST").status == 503)
            try await provider.end()
            #expect(fixture.upstream.connections == 1)
            #expect(provider.current.count == seen, "The provider gets no byte of it")
        }
    }

    @Test("A provider that breaks off before it answers, or can't be reached, leaves nothing held")
    func brokenOff() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("60", at: .platform)
            fixture.upstream.answering { _ in nil }
            #expect(try await door.ask(Self.path, body: Self.body).status == 502)
            try await eventually("nothing is held") { try await fixture.reserved() == .zero ? () : nil }
            try await fixture.upstream.stopListening()
            #expect(try await door.ask(Self.path, body: Self.body).status == 502)
            try await eventually("nothing is held") { try await fixture.reserved() == .zero ? () : nil }
        }
    }
}

/// A file that takes everything until it is sealed, and then nothing more, like a disk that fills up.
private final class GrowingFile {
    private let descriptor: Int32

    init() throws {
        // Swift's Glibc leaves memfd_create out. 2 is MFD_ALLOW_SEALING.
        typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
        let create = unsafeBitCast(try #require(dlsym(nil, "memfd_create")), to: Create.self)
        descriptor = create("spool", 2)
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }

    var path: String { "/proc/self/fd/\(descriptor)" }

    func seal() throws {
        // F_ADD_SEALS and F_SEAL_GROW of <linux/fcntl.h>.
        try #require(fcntl(descriptor, 1_033, 4) == 0)
    }
}
