import Accounts
import Foundation
import TestSupport
import Testing
import Vault

@testable import Credentials

@Suite("What comes of a refresh")
struct TokenBrokerOutcomeTests {
    // MARK: - New tokens

    @Test("The new tokens take the old ones' place, and everything else in the file stays", arguments: [false, true])
    func renewed(isAccessTokenAlone: Bool) async throws {
        try await BrokerFixture.with { sam in
            if isAccessTokenAlone { await sam.family.answering(.accessTokenOnly) }
            let before = try await sam.credential()
            #expect(await sam.one.renew(sam.id) == nil)
            let newest = await sam.family.newest
            let expected = SignIn(access: newest.access, refresh: isAccessTokenAlone ? sam.first.refresh : newest.refresh).file
            // 1_700_000_000 seconds after 1970.
            let file = expected.replacing("2023-01-01T00:00:00Z", with: "2023-11-14T22:13:20Z")
            #expect(try fields(try await sam.file()) == fields(file))

            let after = try await sam.credential()
            #expect(after.version == before.version + 1)
            #expect(after.setBy == before.setBy && after.label == before.label && after.expiresAt == before.expiresAt)
            let lines = try await sam.audited("refresh.renewed")
            #expect(lines.map(\.subject) == [sam.id.rawValue])
            #expect(lines.map(\.actor) == ["sam"] && lines.map(\.detail) == ["version 2"])
            #expect(try await sam.notifications() == [], "It is nothing to be told of")
            #expect(sam.one.logged == [])
            #expect(try sam.one.files() == [])
        }
    }

    private func fields(_ file: String) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(file.utf8)) as? NSDictionary)
    }

    // MARK: - Things that happen meanwhile

    @Test("A secret that a person sets meanwhile stays; what was refreshed is dropped, and they are told")
    func replaced() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.hold(.after)
            async let outcome = sam.one.renew(sam.id)
            try await eventually("the token is spent") { await sam.family.isHeld(at: .after) }
            let theirs = await sam.family.signIn()
            try await sam.set(theirs.file)
            await sam.family.letGo()
            #expect(await outcome == nil, "What is stored now is good")
            #expect(try await sam.file() == theirs.file)
            #expect(try await sam.credential().version == 2)
            #expect(try await sam.notifications().map(\.kind) == [.rotationDropped])
            #expect(try await sam.audited("refresh.dropped").count == 1)
            #expect(try await sam.audited("refresh.renewed") == [])
            #expect(await sam.one.renew(sam.id, rejecting: theirs.access) == nil, "And theirs is refreshed in its turn")
            #expect(try await sam.credential().version == 3)
        }
    }

    @Test(
        "A secret that is set meanwhile does not fail for what becomes of the one before",
        arguments: [TokenFamily.Answer.refusal, .lost])
    func replacedAndFailed(answer: TokenFamily.Answer) async throws {
        try await BrokerFixture.with { sam in
            await sam.family.answering(answer)
            await sam.family.hold(.before)
            async let outcome = sam.one.renew(sam.id)
            try await eventually("the token is about to be spent") { await sam.family.isHeld(at: .before) }
            let theirs = await sam.family.signIn()
            try await sam.set(theirs.file)
            await sam.family.letGo()
            _ = await outcome
            #expect(try await sam.credential().failedReason == nil)
            #expect(try await sam.lent() == theirs.access)
            #expect(try await sam.notifications().map(\.kind).contains(.credentialFailed) == false)
        }
    }

    @Test(
        "A sign-in that is turned off meanwhile stays off and loses no token; one that is removed stays removed",
        arguments: [true, false])
    func turnedOff(isRemoved: Bool) async throws {
        try await BrokerFixture.with { sam in
            await sam.family.hold(.after)
            async let outcome = sam.one.renew(sam.id)
            try await eventually("the token is spent") { await sam.family.isHeld(at: .after) }
            let layer = ScopeOwner.user(sam.sam.owner.id)
            try await sam.sam.act(isRemoved ? .remove : .off, .openaiChatGPT, at: layer)
            await sam.family.letGo()
            _ = await outcome
            let newest = await sam.family.newest
            #expect(try await sam.lent() != newest.access, "Nobody is lent it")
            if isRemoved {
                #expect(try await sam.sam.count("credentials") == 0)
                #expect(try await sam.audited("refresh.dropped").count == 1)
            } else {
                try await sam.sam.act(.on, .openaiChatGPT, at: layer)
                #expect(try await sam.lent() == newest.access)
            }
        }
    }

    // MARK: - No new tokens

    @Test(
        "A refusal, or an answer that never comes, fails the sign-in for good: its owner is told once, and its token is not spent again",
        arguments: [TokenFamily.Answer.refusal, .lost])
    func failed(answer: TokenFamily.Answer) async throws {
        try await BrokerFixture.with { sam in
            await sam.family.answering(answer)
            for process in [sam.one, sam.other, sam.one] {
                let why = try #require(await process.renew(sam.id))
                #expect(why.contains("Sign in again"), "\(why)")
                _ = await process.renew(sam.id, rejecting: sam.first.access)
            }
            #expect(await sam.family.calls == 1)
            #expect(try await sam.credential().failedReason?.contains("Sign in again") == true)
            #expect(try await sam.credential().version == 1)
            #expect(try await sam.file() == sam.first.file)
            let refusal = try await sam.lent()
            #expect(refusal.contains("Sign in again"), "\(refusal)")
            #expect(try await sam.notifications().map(\.kind) == [.credentialFailed])
            #expect(try await sam.notifications().allSatisfy { $0.text.contains("Sign in again") && $0.subject == sam.id.rawValue })
            #expect(try await sam.audited("credential.failed").count == 1)

            // A new secret clears it, and is refreshed like any other.
            await sam.family.answering(.tokens)
            try await sam.set(await sam.family.signIn(age: SignIn.life).file)
            #expect(try await sam.credential().failedReason == nil)
            #expect(await sam.other.renew(sam.id) == nil)
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
            #expect(await sam.family.calls == 2)
            #expect(await !sam.family.isRevoked)
        }
    }

    @Test(
        "Fifty who come at once are told the same of a refusal, and the owner is told once",
        arguments: [TokenFamily.Answer.refusal, .lost])
    func failedForMany(answer: TokenFamily.Answer) async throws {
        try await BrokerFixture.with { sam in
            await sam.family.answering(answer)
            let outcomes = await withTaskGroup(of: String?.self) { group in
                for number in 0..<50 { group.addTask { await (number.isMultiple(of: 2) ? sam.one : sam.other).renew(sam.id) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.allSatisfy { $0?.contains("Sign in again") == true }, "\(Set(outcomes))")
            #expect(await sam.family.calls == 1)
            let told = try await sam.notifications()
            #expect(told.count == 1)
        }
    }

    @Test("A provider that can't be reached changes nothing, and is asked again when its pause is over")
    func notNow() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.answering(.notNow)
            let before = try await sam.sam.rows(except: [])
            for calls in 1...3 {
                let why = try #require(await (calls == 2 ? sam.other : sam.one).renew(sam.id))
                #expect(!why.contains("Sign in again"), "\(why)")
                #expect(await sam.family.calls == calls)
                sam.clock.advance(seconds: 300)
            }
            let written: Set = ["audit", "refreshes"]
            #expect(try await sam.sam.rows(except: written) == before.filter { !written.contains($0.key) })
            #expect(try await sam.lent() == sam.first.access)
            await sam.family.answering(.tokens)
            #expect(await sam.other.renew(sam.id) == nil)
            #expect(try await sam.credential().version == 2)
        }
    }

    @Test("A sign-in without a refresh token fails when it has run out, and not before")
    func noRefreshToken() async throws {
        try await BrokerFixture.with(age: 0) { sam in
            try await sam.set(SignIn(access: sam.first.access, refresh: "").file)
            #expect(await sam.one.renew(sam.id) == nil)
            #expect(try await sam.lent() == sam.first.access)
            sam.clock.advance(seconds: SignIn.life)
            #expect(await sam.one.renew(sam.id)?.contains("Sign in again") == true)
            #expect(await sam.family.calls == 0)
            #expect(try await sam.notifications().map(\.kind) == [.credentialFailed])
        }
    }
}
