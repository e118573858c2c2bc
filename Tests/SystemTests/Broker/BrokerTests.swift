import AgentProtocol
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SystemSupport

@Suite("A sign-in behind the gateway")
struct BrokerTests {
    @Test("Fifty who come to two servers with a token that has run out spend one refresh token, and all fifty are answered")
    func crowd() async throws {
        try await BrokerFixture.with { world in
            let gate = Gate()
            await world.provider.at(.arrived) { await gate.pass() }
            let begun = Counter()
            let callers = (0..<50).map { number in
                Task {
                    begun.count()
                    return try await world.ask(number.isMultiple(of: 2) ? world.sam : world.twin)
                }
            }
            try await eventually("all have set out and the token is about to be spent") {
                await world.provider.calls > 0 && begun.number == 50
            }
            gate.open()
            var replies: [Reply] = []
            for caller in callers { replies.append(try await caller.value) }
            #expect(replies.allSatisfy { $0.status == 200 && $0.text == TokenServer.answer }, "\(Set(replies.map(\.text)))")
            await world.expectNoReuse(calls: 1)
            let newest = await world.provider.newest.access
            let requests = await world.provider.requests
            #expect(requests.count == 50 && Set(requests.map(\.bearer)) == [newest], "The one that has run out was shown to nobody")
            #expect(Set(requests.map(\.account)) == ["acct_1"])
            #expect(try await world.version() == .integer(2))
            #expect(try await world.notifications() == [])
        }
    }

    @Test("A token that is good goes out as it is, with its account")
    func good() async throws {
        try await BrokerFixture.with(expiresIn: 30_000) { world in
            for server in [world.sam, world.twin] {
                let reply = try await world.ask(server)
                #expect(reply.status == 200, "\(reply.text)")
            }
            let requests = await world.provider.requests
            #expect(requests.map(\.bearer) == [world.first.access, world.first.access])
            #expect(requests.map(\.account) == ["acct_1", "acct_1"])
            await world.expectNoReuse(calls: 0)
        }
    }

    @Test("A token near its end is refreshed beside the requests, which don't wait for it")
    func beside() async throws {
        // A tenth of its life is left.
        try await BrokerFixture.with(expiresIn: 3_600) { world in
            let gate = Gate()
            await world.provider.at(.arrived) { await gate.pass() }
            for server in [world.sam, world.twin, world.sam] {
                let reply = try await world.ask(server)
                #expect(reply.status == 200, "\(reply.text)")
            }
            #expect(Set(await world.provider.requests.map(\.bearer)) == [world.first.access])
            try await eventually("it is being refreshed") { await world.provider.calls == 1 }
            gate.open()
            try await eventually("the new one is stored") { try await world.version() == .integer(2) }
            for server in [world.sam, world.twin] {
                try await eventually("the new one is used") { try await world.ask(server).status == 200 }
            }
            let newest = await world.provider.newest.access
            #expect(await world.provider.requests.last?.bearer == newest)
            await world.expectNoReuse(calls: 1)
            #expect(try await world.notifications() == [])
        }
    }

    @Test("A refusal of a token that has not run out goes to the client as it is, and the next request carries a new one")
    func rejected() async throws {
        try await BrokerFixture.with(expiresIn: 30_000) { world in
            await world.provider.reject()
            let reply = try await world.ask(world.sam)
            #expect(reply.status == 401 && reply.text == TokenServer.rejection)
            try await eventually("it is refreshed") { try await world.version() == .integer(2) }
            for server in [world.sam, world.twin] {
                // For a quarter of a second a server may still use what it knows.
                try await eventually("the new one is used") { try await world.ask(server).status == 200 }
            }
            let newest = await world.provider.newest.access
            #expect(await world.provider.requests.last?.bearer == newest)
            // Who was late with the old one has not made it refresh the new one.
            await world.expectNoReuse(calls: 1)
            #expect(try await world.notifications() == [])
        }
    }

    @Test("A provider that refuses the new token as well: the client sees it, and the owner is told once")
    func rejectedForGood() async throws {
        try await BrokerFixture.with(expiresIn: 30_000) { world in
            await world.provider.rejectAll()
            func refusals() async throws -> Int { try await world.notifications().count { $0["kind"] == "credentialRefused" } }
            try await eventually("the owner is told", within: .seconds(15)) {
                let reply = try await world.ask(world.sam)
                #expect(reply.status == 401 && reply.text == TokenServer.rejection)
                return try await refusals() > 0
            }
            for _ in 0..<5 {
                let reply = try await world.ask(world.twin)
                #expect(reply.status == 401)
            }
            #expect(try await refusals() == 1)
            #expect(await !world.provider.isRevoked)
        }
    }
}

private final class Counter: Sendable {
    private let counted = Mutex(0)

    var number: Int { counted.withLock { $0 } }

    func count() { counted.withLock { $0 += 1 } }
}
