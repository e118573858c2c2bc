import Accounts
import Store
import TestSupport
import Testing
import Vault

@testable import Credentials

@Suite("A session that waits for a sign-in to be refreshed")
struct TokenBrokerQueueTests {
    @Test("After a refresh that was interrupted it does not wait for ever: it is told that the sign-in has failed")
    func interrupted() async throws {
        try await BrokerFixture.with { sam in
            let request = PinRequest(
                session: SessionReference(rawValue: "s_1"), provider: .openaiChatGPT, project: sam.sam.project, user: sam.sam.owner.id,
                mode: .materialised)
            func start() async throws -> PinOutcome {
                try await sam.other.store.write { try sam.other.credentials.pins.pin(request, in: $0) }
            }
            _ = try await sam.one.claim(sam.id)
            guard case .busy = try await start() else {
                Issue.record("While its token may be on its way it is not handed out")
                return
            }
            sam.clock.advance(seconds: 30)
            // No gateway asks for it, so nobody else finds out.
            try await eventually("the session is told", within: .seconds(5)) {
                if case .refused(_, let sentence) = try await start() { sentence.contains("Sign in again") } else { false }
            }
            #expect(try await sam.notifications().map(\.kind) == [.credentialFailed])
        }
    }

    @Test(
        "While what came of a refresh is about to be stored, a session waits, though the thirty seconds are over or another server gave up",
        arguments: [SignIn.life + 600, SignIn.life * 9 / 10], [false, true])
    func kept(age: Int64, isGivenUp: Bool) async throws {
        try await BrokerFixture.with(age: age) { sam in
            let request = PinRequest(
                session: SessionReference(rawValue: "s_1"), provider: .openaiChatGPT, project: sam.sam.project, user: sam.sam.owner.id,
                mode: .materialised)
            func start(_ process: BrokerProcess) async throws -> PinOutcome {
                try await process.store.write { try process.credentials.pins.pin(request, in: $0) }
            }
            let ticket = try await sam.one.claim(sam.id)
            let outcome = await sam.family.endpoint.refresh(ticket.provider, ticket.token)
            let kept = sam.one.credentials.refreshes.kept
            kept.add(outcome, of: ticket.attempt)
            sam.clock.advance(seconds: 60)
            if isGivenUp {
                guard case .refused = try await start(sam.other) else {
                    Issue.record("Another server does not know of it")
                    return
                }
            }
            guard case .busy(let what) = try await start(sam.one) else {
                Issue.record("It does not wait")
                return
            }
            #expect(what.contains("to be refreshed"), "\(what)")
            #expect(try await sam.one.store.read { try sam.one.credentials.pins.refusal(of: request, in: $0) } == nil)
            #expect(try await sam.notifications().count == (isGivenUp ? 1 : 0))

            #expect(await sam.one.renew(sam.id) == nil)
            guard case .pinned(let pin) = try await start(sam.one) else {
                Issue.record("It was not started")
                return
            }
            #expect(pin.version == 2)
        }
    }
}
