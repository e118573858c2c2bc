import Accounts
import Store
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
            func start() async throws -> PinOutcome { try await sam.other.store.write { try sam.other.credentials.pin(request, in: $0) } }
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
}
