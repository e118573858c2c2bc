import Testing
import Vault

@testable import Credentials

@Suite("A token endpoint that takes no token now")
struct TokenBrokerPauseTests {
    @Test(
        "It is left alone for longer each time, for as long as it asks, and within bounds",
        arguments: [
            (0, nil, 2_000), (1, nil, 4_000), (6, nil, 128_000), (7, nil, 256_000), (8, nil, 300_000), (1_000_000, nil, 300_000),
            (-1, nil, 2_000), (0, 0, 2_000), (0, 7_000, 7_000), (3, 7_000, 16_000), (0, 3_600_000, 900_000), (0, .max, 900_000),
            (0, -5, 2_000),
        ] as [(Int, Int64?, Int64)])
    func pause(failures: Int, asked: Int64?, milliseconds: Int64) {
        #expect(RefreshPause.milliseconds(failures: failures, asked: asked) == milliseconds)
    }

    @Test("Until its pause is over no server asks it, and those who come are told when it is")
    func postponed() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.answering(.notNow)
            for (calls, pause) in [(1, 2), (2, 4), (3, 8), (4, 16)] as [(Int, Int64)] {
                let why = try #require(await sam.one.renew(sam.id))
                #expect(why.contains("asks again in \(pause) s.") && !why.contains("Sign in again"), "\(why)")
                for process in [sam.one, sam.other] {
                    #expect(await process.renew(sam.id)?.contains("asks again in \(pause) s.") == true)
                    let rejected = await process.renew(sam.id, rejecting: sam.first.access)
                    #expect(rejected?.contains("asks again") == true)
                }
                sam.clock.advance(milliseconds: pause * 1_000 - 1)
                #expect(await sam.other.renew(sam.id)?.contains("asks again in 1 s.") == true)
                #expect(await sam.family.calls == calls)
                sam.clock.advance(milliseconds: 1)
            }
            await sam.family.answering(.tokens)
            #expect(await sam.other.renew(sam.id) == nil)
            #expect(await sam.family.calls == 5)
            #expect(try await sam.notifications() == [])
            // The next trouble begins with the shortest pause.
            await sam.family.answering(.notNow)
            let newest = await sam.family.newest.access
            #expect(await sam.one.renew(sam.id, rejecting: newest)?.contains("asks again in 2 s.") == true)
        }
    }

    @Test("What it asks for is heeded")
    func asked() async throws {
        try await BrokerFixture.with { sam in
            let ticket = try await sam.one.claim(sam.id)
            let outcome = RefreshOutcome.notNow("Later.", retryAfter: 40_000)
            #expect(try await sam.one.credentials.refreshes.settle(ticket.attempt, outcome)?.sentence == "Later. SAM asks again in 40 s.")
            sam.clock.advance(seconds: 39)
            #expect(await sam.other.renew(sam.id) == "Later. SAM asks again in 1 s.")
            sam.clock.advance(seconds: 1)
            #expect(await sam.other.renew(sam.id) == nil)
        }
    }

    @Test("A new secret is refreshed at once, whatever the one before waits for")
    func replaced() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.answering(.notNow)
            _ = await sam.one.renew(sam.id)
            await sam.family.answering(.tokens)
            try await sam.set(await sam.family.signIn(age: SignIn.life).file)
            #expect(await sam.other.renew(sam.id) == nil)
        }
    }

    @Test("A clock that is set back does not make a pause longer")
    func setBack() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.answering(.notNow)
            _ = await sam.one.renew(sam.id)
            sam.clock.advance(seconds: -7 * 86_400)
            await sam.family.answering(.tokens)
            #expect(await sam.one.renew(sam.id, rejecting: sam.first.access) == nil)
        }
    }

    @Test("A server that is killed while it asks again leaves the rule of an interrupted refresh")
    func interrupted() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.answering(.notNow)
            _ = await sam.one.renew(sam.id)
            sam.clock.advance(seconds: 2)
            _ = try await sam.one.claim(sam.id)
            sam.clock.advance(seconds: 30)
            #expect(await sam.other.renew(sam.id)?.contains("Sign in again") == true)
            #expect(await sam.family.calls == 1)
        }
    }
}
