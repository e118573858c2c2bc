import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Store
import TestSupport
import Testing

@testable import SystemSupport

@Suite("What was used survives the server")
struct UsageSurvivalTests {
    @Test("The server is killed with one request under way: earlier ones are booked once, and that one is flagged, also at the next start")
    func underWay() async throws {
        let gate = Gate()
        try await RecordingUpstream.with({ $0.text.contains("hold") ? .json(SamFixture.answer, after: gate) : .json(SamFixture.answer) }) {
            upstream in
            try await SamFixture.with { sam in
                var server = try await sam.serve()
                let key = try await setUp(sam, upstream)
                for _ in 0..<5 { #expect(try await sam.relay(with: key).status == 200) }
                try await eventually("all are settled") { try await total(sam) == Total(requests: 5, unsettled: 0) }

                let cut = Task { try await sam.relay(with: key, Self.held) }
                try await eventually("one is under way") { upstream.requests.count == 6 }
                for round in 1...2 {
                    try await sam.killHard(server)
                    try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
                    server = try await sam.serve()
                    try await eventually("the one under way is told") { try await total(sam).unsettled > 0 }
                    #expect(try await total(sam) == Total(requests: 6, unsettled: 1), "After \(round)")
                }
                await #expect(throws: (any Error).self, "Whoever waited for it was cut off") { try await cut.value }
                gate.open()

                let line = try #require(try await sam.usage(by: "user")["owner"])
                #expect(line["usage"]?["input"].flatMap(Self.number) ?? 0 >= 50, "Unknown is never free")
                #expect(line["cost"].flatMap(Self.number) ?? 0 > 5 * (10 * 3_000 + 20 * 15_000))
                let text = try await sam.sam("usage").text
                #expect(text.contains("unsettled"), "People are told as well: \(text)")

                // The budget holds nothing back for it any more, and counts it as spent.
                let budget = try #require(try await sam.call(.GET, "/api/v1/budgets")["budgets"]?.elements?.first)
                #expect(budget["reserved"] == 0 && budget["spent"] == line["cost"], "\(budget)")
                #expect(try await sam.relay(with: key).status == 200, "And work goes on")
                try await eventually("it is settled") { try await total(sam) == Total(requests: 7, unsettled: 1) }
            }
        }
    }

    @Test("The server is killed the moment the last answer is there: every request that reached the provider is booked exactly once")
    func justAnswered() async throws {
        try await RecordingUpstream.with({ _ in .json(SamFixture.answer) }) { upstream in
            try await SamFixture.with { sam in
                var server = try await sam.serve()
                let key = try await setUp(sam, upstream)
                for round in 1...3 {
                    await withTaskGroup { group in
                        for _ in 0..<20 { group.addTask { _ = try? await sam.relay(with: key) } }
                        // Some have been answered by now and others have not.
                        while upstream.requests.count < round * 10 { await Task.yield() }
                        kill(server, SIGKILL)
                        // Nobody tries again on a server that is not there.
                        group.cancelAll()
                    }
                    try await sam.killHard(server)
                    try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
                    // As if the minute were over after which what it held for requests that were never made is free.
                    _ = try await Store.sqlite(at: sam.home + "/sam.db").write { try $0.execute("UPDATE holders SET beat_at = 0") }
                    server = try await sam.serve()
                    let seen = upstream.requests.count
                    try await eventually("nothing is lost") { try await total(sam).requests >= seen }
                    // What was reserved and had not been sent yet counts as well: nobody knows that it was not.
                    let now = try await total(sam)
                    #expect((seen...round * 20).contains(now.requests), "\(seen) reached the provider: \(now)")
                    let line = try #require(try await sam.usage(by: "user")["owner"])
                    let exact = line["usage"]?["output"].flatMap(Self.number) ?? 0
                    #expect(exact >= 20 * (now.requests - now.unsettled), "\(line)")
                    let budget = try #require(try await sam.call(.GET, "/api/v1/budgets")["budgets"]?.elements?.first)
                    #expect(budget["reserved"] == 0 && budget["spent"] == line["cost"], "\(budget)")
                }
            }
        }
    }

    // MARK: - Parts

    private static let held: JSONValue = [
        "model": "claude-sonnet-4-5", "max_tokens": 5, "messages": [["role": "user", "content": "hold"]],
    ]

    private struct Total: Equatable {
        var requests: Int
        var unsettled: Int
    }

    private static func number(_ value: JSONValue) -> Int? {
        guard case .integer(let number) = value else { return nil }
        return number
    }

    private func total(_ sam: SamFixture) async throws -> Total {
        let line = try await sam.usage(by: "user")["owner"]
        return Total(requests: line?["requests"].flatMap(Self.number) ?? 0, unsettled: line?["unsettled"].flatMap(Self.number) ?? 0)
    }

    /// A key for the gateway under a budget that is far away.
    private func setUp(_ sam: SamFixture, _ upstream: RecordingUpstream) async throws -> String {
        try await sam.point("anthropic", at: upstream)
        try await sam.setCredential("anthropic", "sk-user-0123456789")
        #expect(try await sam.sam("budget", "set", "1000").termination == .exited(0))
        return try await sam.gatewayKey()
    }
}

extension Result where Failure == any Error {
    /// What an asynchronous piece of work comes to.
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
