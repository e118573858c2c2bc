import Accounts
import Foundation
import Testing
import Vault

@testable import Credentials

@Suite("When a sign-in is to be refreshed")
struct TokenBrokerNeedTests {
    @Test(
        "It is due from four fifths of its access token's life on, and has to come first a minute before its end",
        arguments: [
            (0, .nothing), (18_000, .nothing), (28_799, .nothing), (30_600, .soon), (35_939, .soon), (35_940, .first), (36_000, .first),
            (1_000_000, .first),
        ] as [(Int64, TokenBroker.Need)])
    func age(seconds: Int64, need: TokenBroker.Need) async throws {
        try await BrokerFixture.with(age: 0) { sam in
            sam.clock.advance(seconds: seconds)
            guard case .lent(let loan) = try await sam.loan() else {
                Issue.record("It was not lent")
                return
            }
            #expect(sam.one.broker.need(loan) == need)
        }
    }

    @Test("Not all come due at once, and each always at the same moment, between 80 and 85 % of its life")
    func spread() async throws {
        try await BrokerFixture.with(age: 0) { sam in
            let secret = Secret(sam.first.file)
            let ids = (0..<200).map { CredentialID(rawValue: "c_\($0)") }
            func due() -> Set<CredentialID> { Set(ids.filter { sam.one.credentials.refreshes.need($0, secret) == .due }) }
            sam.clock.advance(seconds: 28_799)
            #expect(due() == [])
            sam.clock.advance(seconds: 901)
            let half = due()
            #expect((50...150).contains(half.count), "\(half.count) of 200")
            #expect(half == Set(ids.filter { sam.other.credentials.refreshes.need($0, secret) == .due }), "In each process the same")
            sam.clock.advance(seconds: 900)
            #expect(due() == Set(ids))
        }
    }

    @Test(
        "A token that does not tell its end is used until the provider refuses it",
        arguments: [
            "opaque", "a.b.c", "..", SignIn.token(claims: "{}"), SignIn.token(claims: #"{"iat":1}"#), SignIn.token(claims: "[]"),
            SignIn.token(claims: #"{"exp":"soon"}"#),
        ])
    func untold(access: String) async throws {
        try await BrokerFixture.with { sam in
            try await sam.set(SignIn(access: access, refresh: sam.first.refresh).file)
            guard case .lent(let loan) = try await sam.loan() else {
                Issue.record("It was not lent")
                return
            }
            #expect(sam.one.broker.need(loan) == .nothing)
            #expect(await sam.one.renew(sam.id) == nil)
            #expect(await sam.family.calls == 0)
            #expect(await sam.one.renew(sam.id, rejecting: access) == nil)
            #expect(await sam.family.calls == 1, "Refused, it is refreshed")
        }
    }

    @Test("A key needs no refresh, whatever it looks like")
    func key() async throws {
        try await BrokerFixture.with { sam in
            try await sam.sam.set(sam.first.access, for: .openai, at: .user(sam.sam.owner.id))
            guard case .lent(let loan) = try await sam.loan(.openai) else {
                Issue.record("It was not lent")
                return
            }
            #expect(sam.one.broker.need(loan) == .nothing)
            #expect(await sam.one.renew(loan.credential, rejecting: sam.first.access) == nil)
            #expect(await sam.family.calls == 0)
        }
    }

    @Test("No end that a token tells of itself, however far off, ends the process")
    func endless() async {
        // An agent or any member can bring such a token, and the process serves everybody.
        await #expect(processExitsWith: .success) {
            for claims in [#"{"exp":1e300}"#, #"{"exp":-1e300}"#, #"{"iat":-1e308,"exp":1e308}"#, #"{"exp":9300000000000000}"#] {
                let file = SignIn(access: SignIn.token(claims: claims), refresh: "rt_1").file
                _ = try AuthFile(Secret(file)).lifetime(spread: 0.5)
            }
        }
    }
}
