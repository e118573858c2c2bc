import Foundation
import Store
import TestSupport
import Testing
import Vault

@testable import Credentials

@Suite("Refreshing a sign-in once")
struct TokenBrokerTests {
    /// Fifty callers, in turn at each of the processes; the access token that each of them can use afterwards, or a sentence.
    private func crowd(_ sam: BrokerFixture, over processes: [BrokerProcess], rejecting rejected: String?) async throws -> [String] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<50 {
                group.addTask {
                    // They don't all come in the same step.
                    for _ in 0..<(number % 7) { await Task.yield() }
                    if let why = await processes[number % processes.count].renew(sam.id, rejecting: rejected) { return why }
                    return try await sam.lent()
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test(
        "Fifty who come at once, to one process or two, spend its token once and all have the new one",
        arguments: [1, 2], [true, false])
    func crowd(processes: Int, isRejected: Bool) async throws {
        try await BrokerFixture.with(age: isRejected ? 0 : SignIn.life) { sam in
            await sam.family.hold(.before)
            async let ended = crowd(
                sam, over: Array([sam.one, sam.other].prefix(processes)), rejecting: isRejected ? sam.first.access : nil)
            try await eventually("the token is about to be spent") { await sam.family.isHeld(at: .before) }
            await sam.family.letGo()
            let all = try await ended
            let newest = await sam.family.newest.access
            #expect(all.count == 50 && Set(all) == [newest])
            #expect(newest != sam.first.access)
            #expect(try await sam.lent() == newest)
            #expect(await sam.family.calls == 1)
            #expect(await !sam.family.isRevoked)
            #expect(try await sam.credential().version == 2)
        }
    }

    @Test("Fifty who come again and again, each when the token has run out, spend each token once")
    func generations() async throws {
        try await BrokerFixture.with { sam in
            for generation in 1...5 {
                let all = try await crowd(sam, over: [sam.one, sam.other], rejecting: nil)
                let newest = await sam.family.newest.access
                #expect(Set(all) == [newest])
                #expect(await sam.family.calls == generation)
                sam.clock.advance(seconds: SignIn.life)
            }
            #expect(await !sam.family.isRevoked)
        }
    }

    @Test("Who asks for one that needs none gets none: it was refreshed meanwhile, or is good still")
    func settled() async throws {
        try await BrokerFixture.with { sam in
            #expect(await sam.one.renew(sam.id) == nil)
            #expect(await sam.family.calls == 1)
            for process in [sam.one, sam.other] {
                #expect(await process.renew(sam.id) == nil)
                #expect(await process.renew(sam.id, rejecting: sam.first.access) == nil, "What was refused is not what is stored")
                #expect(await process.renew(sam.id, rejecting: "another's") == nil)
                #expect(await process.renew(CredentialID(rawValue: "c_000000000000"), rejecting: sam.first.access) == nil)
            }
            #expect(await sam.family.calls == 1)
            let second = try await sam.lent()
            #expect(await sam.other.renew(sam.id, rejecting: second) == nil)
            #expect(await sam.family.calls == 2, "What is stored was refused, and is refreshed")
        }
    }

    @Test("It goes on when who asked for it has gone", arguments: [TokenFamily.Stage.before, .after])
    func cancelled(stage: TokenFamily.Stage) async throws {
        try await BrokerFixture.with { sam in
            await sam.family.hold(stage)
            let caller = Task { await sam.one.renew(sam.id) }
            try await eventually("the token is being spent") { await sam.family.isHeld(at: stage) }
            caller.cancel()
            await sam.family.letGo()
            _ = await caller.value
            try await eventually("the new one is stored") { try await sam.credential().version == 2 }
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
            #expect(await !sam.family.wasCancelled)
            #expect(await sam.family.calls == 1)
        }
    }

    @Test("One who gives up does not take it from the others")
    func cancelledAmongOthers() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.hold(.after)
            let callers = (0..<10).map { _ in Task { await sam.one.renew(sam.id) } }
            try await eventually("the token is being spent") { await sam.family.isHeld(at: .after) }
            for caller in callers.prefix(5) { caller.cancel() }
            await sam.family.letGo()
            for caller in callers { #expect(await caller.value == nil) }
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
            #expect(await sam.family.calls == 1)
        }
    }

    @Test("While the database is busy the new token is in a file already, and it is stored as soon as the database is free")
    func busyDatabase() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.hold(.after)
            async let outcome = sam.one.renew(sam.id)
            try await eventually("the token is spent") { await sam.family.isHeld(at: .after) }
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            let free = DispatchSemaphore(value: 0)
            let writer = Task {
                try await sam.other.store.write { _ in
                    beginning.finish()
                    free.wait()
                }
            }
            for await _ in begun {}
            await sam.family.letGo()
            do {
                try await eventually("it is in a file") { try sam.one.files() == ["\(sam.id.rawValue).1"] }
            } catch {
                free.signal()
                throw error
            }
            free.signal()
            #expect(await outcome == nil)
            try await writer.value
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
            #expect(await sam.family.calls == 1)
            #expect(try sam.one.files() == [])
        }
    }
}
