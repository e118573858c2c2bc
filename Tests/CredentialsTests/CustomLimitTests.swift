import Accounts
import Credentials
import Testing

@Suite("How many custom providers a layer may have")
struct CustomLimitTests {
    @Test("The 101st is refused, whether set or turned off; those that are there can be changed, and another layer has room of its own")
    func limit() async throws {
        try await CredentialsFixture.with { sam in
            let (mine, hers) = (ScopeOwner.user(sam.owner.id), ScopeOwner.user(sam.member.id))
            func provider(_ number: Int) throws -> Provider { try #require(Provider(rawValue: "custom-p\(number)")) }
            for number in 0..<99 { try await sam.set("key-\(number)", for: provider(number), at: mine) }
            try await sam.act(.off, try provider(99), at: mine)
            let set = await #expect(throws: CredentialsError.self) { try await sam.set("key", for: provider(100), at: mine) }
            #expect(set?.code == .wrongState && set?.message.contains("100 is the most") == true)
            await #expect(throws: CredentialsError.self) { try await sam.act(.off, provider(101), at: mine) }
            try await sam.set("key-other", for: provider(0), at: mine)
            try await sam.act(.off, try provider(1), at: mine)
            try await sam.set("key", for: .openai, at: mine)
            try await sam.set("key", for: provider(100), at: hers, by: sam.member)
            try await sam.act(.remove, try provider(0), at: mine)
            try await sam.set("key", for: provider(100), at: mine)
        }
    }
}
