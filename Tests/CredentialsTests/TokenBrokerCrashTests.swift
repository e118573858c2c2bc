import Accounts
import Testing
import Vault

@testable import Credentials

@Suite("A refresh that is interrupted")
struct TokenBrokerCrashTests {
    @Test("For thirty seconds the others wait for who began; after that the sign-in has failed, and its token is never spent")
    func interrupted() async throws {
        try await BrokerFixture.with { sam in
            // This one is killed after it wrote down what it is about to do.
            _ = try await sam.one.claim(sam.id)
            let waiting = (0..<10).map { _ in Task { await sam.other.renew(sam.id) } }
            for (advance, waits) in [(0, true), (29_999, true), (1, false)] as [(Int64, Bool)] {
                sam.clock.advance(milliseconds: advance)
                let rejected = Secret(sam.first.access)
                for (process, rejecting) in [(sam.one, nil), (sam.other, nil), (sam.other, rejected)] as [(BrokerProcess, Secret?)] {
                    let claim = try await process.credentials.refreshes.claim(sam.id, rejecting: rejecting)
                    #expect(waits ? claim.isWait : claim.sentence?.contains("Sign in again") == true, "\(advance): \(claim)")
                }
            }
            for task in waiting { #expect(await task.value?.contains("Sign in again") == true) }
            #expect(await sam.one.renew(sam.id)?.contains("Sign in again") == true)
            #expect(await sam.family.calls == 0)
            #expect(try await sam.notifications().map(\.kind) == [.credentialFailed])
            #expect(try await sam.lent().contains("Sign in again"))

            // A new secret clears it.
            try await sam.set(await sam.family.signIn(age: SignIn.life).file)
            #expect(await sam.other.renew(sam.id) == nil)
            #expect(await sam.family.calls == 1)
        }
    }

    @Test(
        "One that was to come before the end leaves what is there at work until its end; its token is never spent, and the owner knows",
        arguments: [true, false])
    func lost(isKilled: Bool) async throws {
        // A tenth of its life is left.
        try await BrokerFixture.with(age: SignIn.life * 9 / 10) { sam in
            if isKilled {
                _ = try await sam.one.claim(sam.id)
                sam.clock.advance(seconds: 30)
            } else {
                await sam.family.answering(.lost)
            }
            for _ in 0..<3 {
                let why = try #require(await sam.one.renew(sam.id))
                #expect(why.contains("Sign in again") && why.contains("works until"), "\(why)")
                #expect(try await sam.lent() == sam.first.access)
            }
            #expect(await sam.family.calls == (isKilled ? 0 : 1))
            #expect(try await sam.notifications().map(\.kind) == [.credentialFailed])
            #expect(try await sam.credential().failedReason == nil)

            // As soon as the provider refuses it, or it has run out, it is of no use.
            sam.clock.advance(seconds: SignIn.life / 10)
            #expect(await sam.other.renew(sam.id)?.contains("Sign in again") == true)
            #expect(try await sam.lent().contains("Sign in again"))
            #expect(try await sam.notifications().count == 2)
            #expect(await sam.family.calls == (isKilled ? 0 : 1))

            await sam.family.answering(.tokens)
            try await sam.set(await sam.family.signIn(age: SignIn.life).file)
            #expect(await sam.other.renew(sam.id) == nil)
        }
    }

    @Test("A token that the provider refuses after its refresh was lost is of no use at once")
    func lostAndRefused() async throws {
        try await BrokerFixture.with(age: SignIn.life * 9 / 10) { sam in
            await sam.family.answering(.lost)
            _ = await sam.one.renew(sam.id)
            let lent = try await sam.lent()
            #expect(lent == sam.first.access)
            #expect(await sam.one.renew(sam.id, rejecting: sam.first.access)?.contains("Sign in again") == true)
            #expect(try await sam.lent().contains("Sign in again"))
            #expect(await sam.family.calls == 1)
        }
    }

    @Test("A new secret that is set within the thirty seconds is refreshed at once: nobody waits for what became of the old one")
    func replacedAfterInterruption() async throws {
        try await BrokerFixture.with { sam in
            _ = try await sam.one.claim(sam.id)
            try await sam.set(await sam.family.signIn(age: SignIn.life).file)
            let ticket = try await sam.other.claim(sam.id)
            let outcome = await sam.family.endpoint.refresh(.openaiChatGPT, ticket.token)
            #expect(try await sam.other.credentials.refreshes.settle(ticket.attempt, outcome) == nil)
            #expect(try await sam.credential().version == 3)
        }
    }

    @Test("Who waits goes on with what the one who began has brought")
    func waitedFor() async throws {
        try await BrokerFixture.with { sam in
            let ticket = try await sam.one.claim(sam.id)
            let waiting = (0..<10).map { _ in Task { await sam.other.renew(sam.id) } }
            let outcome = await sam.family.endpoint.refresh(.openaiChatGPT, ticket.token)
            #expect(try await sam.one.credentials.refreshes.settle(ticket.attempt, outcome) == nil)
            for task in waiting { #expect(await task.value == nil) }
            #expect(await sam.family.calls == 1)
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
        }
    }

    @Test("An answer that comes after the others gave up is stored after all, and the sign-in is good again")
    func late() async throws {
        try await BrokerFixture.with { sam in
            let ticket = try await sam.one.claim(sam.id)
            let outcome = await sam.family.endpoint.refresh(.openaiChatGPT, ticket.token)
            sam.clock.advance(seconds: 60)
            #expect(await sam.other.renew(sam.id)?.contains("Sign in again") == true)
            sam.clock.advance(seconds: 1)
            #expect(try await sam.one.credentials.refreshes.settle(ticket.attempt, outcome) == nil)
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
            #expect(try await sam.credential().failedReason == nil)
            #expect(await sam.family.calls == 1)
            #expect(try await sam.notifications().map(\.kind) == [.rotationStored, .credentialFailed], "The owner is told that it is good")
        }
    }

    @Test(
        "What becomes of a token that was replaced says nothing of the attempt on the new one, which is spent once",
        arguments: [
            .renewed(RenewedTokens(access: Secret("new"))), .refused("invalid_grant"), .notNow("later"), .unknown("broke off"),
        ] as [RefreshOutcome])
    func attemptOnTheNext(outcome: RefreshOutcome) async throws {
        try await BrokerFixture.with { sam in
            let ticket = try await sam.one.claim(sam.id)
            try await sam.set(await sam.family.signIn(age: SignIn.life).file)
            let next = try await sam.other.claim(sam.id)
            #expect(next.token != ticket.token)
            // The first one's answer comes while the second is at it.
            _ = try await sam.one.credentials.refreshes.settle(ticket.attempt, outcome)
            let claim = try await sam.one.credentials.refreshes.claim(sam.id, rejecting: nil)
            #expect(claim.isWait, "\(claim)")
            let answer = await sam.family.endpoint.refresh(.openaiChatGPT, next.token)
            #expect(try await sam.other.credentials.refreshes.settle(next.attempt, answer) == nil)
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
        }
    }
}

extension RefreshClaim {
    fileprivate var isWait: Bool {
        if case .wait = self { true } else { false }
    }

    fileprivate var sentence: String? {
        if case .impossible(let sentence) = self { sentence } else { nil }
    }
}
