import Accounts
import Testing

@testable import Credentials

@Suite("Labels and reasons of credentials")
struct WrittenLineTests {
    static let wrong = [
        "a" + String(repeating: "\u{301}", count: 900_000), "\u{202e}cod.exe", "a\u{1b}[2Jb", String(repeating: "a", count: 501),
    ]

    @Test("A label that is long in code points or hides something is refused; one with accents is taken", arguments: wrong)
    func labels(_ label: String) throws {
        let error = #expect(throws: CredentialsError.self) { try SecretRules.label(label, for: .openai) }
        #expect(error?.message.hasPrefix("A label is a line of at most 80 characters") == true)
        #expect(try SecretRules.label("Büro, e\u{301}te\u{301}", for: .openai) == "Büro, e\u{301}te\u{301}")
    }

    @Test("A reason that is long in code points or hides something is refused; one of a few words is taken", arguments: wrong)
    func reasons(_ reason: String) async throws {
        try await CredentialsFixture.with { sam in
            let mine = ScopeOwner.user(sam.owner.id)
            let error = await #expect(throws: CredentialsError.self) { try await sam.act(.off, at: mine, reason: reason) }
            #expect(error?.message.hasPrefix("A reason is a line of at most 500 characters") == true)
            try await sam.act(.off, at: mine, reason: "zu teuer für e\u{301}te\u{301}")
        }
    }
}
