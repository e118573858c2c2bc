import Accounts
import Store
import TestSupport
import Testing
import Vault

@testable import Credentials

@Suite("A sign-in that a session has as a file")
struct TokenBrokerFileTests {
    @Test("It is left alone by the broker, which says whose it is, until it is given back")
    func lent() async throws {
        try await BrokerFixture.with { sam in
            guard case .pinned = try await sam.sam.start("s_1") else {
                Issue.record("The session was not started")
                return
            }
            for (process, rejected) in [(sam.one, nil), (sam.other, sam.first.access)] as [(BrokerProcess, String?)] {
                let why = try #require(await process.renew(sam.id, rejecting: rejected))
                #expect(why.contains("s_1"), "\(why)")
            }
            #expect(await sam.family.calls == 0)
            #expect(try await sam.credential().failedReason == nil, "That is no fault of its own")
            #expect(try await sam.notifications() == [])

            try await sam.sam.settle("s_1")
            #expect(await sam.one.renew(sam.id) == nil)
            #expect(await sam.family.calls == 1)
        }
    }

    @Test("A session that reaches it through the gateway is no hindrance")
    func brokered() async throws {
        try await BrokerFixture.with { sam in
            guard case .pinned = try await sam.sam.start("s_1", as: .brokered) else {
                Issue.record("The session was not started")
                return
            }
            #expect(await sam.one.renew(sam.id) == nil)
            let caller = SessionIdentity(
                session: SessionReference(rawValue: "s_1"), agent: "codex", project: sam.sam.project, user: sam.sam.owner.id)
            let lending = try await sam.sam.store.read { try sam.one.credentials.lender.lend(.openaiChatGPT, to: caller, in: $0) }
            guard case .lent(let loan) = lending else {
                Issue.record("\(lending)")
                return
            }
            let newest = await sam.family.newest.access
            #expect(try AuthFile(loan.secret).accessToken.reveal() == newest, "It uses the new token from its next request on")
        }
    }

    @Test("While it is being refreshed no session is handed it as a file: the token in it may be spent")
    func notWhileItIsSpent() async throws {
        try await BrokerFixture.with { sam in
            await sam.family.hold(.after)
            async let outcome = sam.one.renew(sam.id)
            try await eventually("the token is spent") { await sam.family.isHeld(at: .after) }
            let pin = try await sam.sam.start("s_1")
            let caller = SessionIdentity(
                session: SessionReference(rawValue: "s_1"), agent: "codex", project: sam.sam.project, user: sam.sam.owner.id)
            // Whether the session waits, or is refused its file: what was spent must not be in it.
            let file = try? await sam.sam.store.read { try sam.one.credentials.pins.materialise(for: caller, in: $0) }
            #expect(file == nil, "\(pin)")
            await sam.family.letGo()
            #expect(await outcome == nil)

            try await sam.sam.settle("s_1")
            guard case .pinned(let later) = try await sam.sam.start("s_2") else {
                Issue.record("The session was not started")
                return
            }
            #expect(later.version == 2)
        }
    }
}
