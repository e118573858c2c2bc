import Foundation
import Store
import Testing

@testable import Accounts

@Suite("The most API tokens of a user")
struct TokenLimitTests {
    private static func with(_ body: (Accounts, _ owner: User, _ kim: User) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "tokens-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations, now: 1)
        let accounts = Accounts(store: store, now: { 1_000 })
        let owner = try await accounts.owner()
        try await body(accounts, owner, try await accounts.addUser(named: "kim", role: .member, by: owner.id))
    }

    private static func tokens(_ accounts: Accounts, _ user: User) async throws -> [APIToken] {
        try await accounts.tokens(of: user.id, PageRequest(limit: 1_000)).items
    }

    /// Makes tokens until one is refused, and checks the refusal.
    private static func fill(_ accounts: Accounts, _ user: User, by actor: User) async throws {
        for number in try await tokens(accounts, user).count..<Accounts.tokenLimit {
            _ = try await accounts.makeToken(for: user.id, name: "t\(number)", by: actor.id)
        }
        let trail = try await accounts.auditTrail(limit: 1_000).count
        let error = await #expect(throws: AccountsError.self) {
            _ = try await accounts.makeToken(for: user.id, name: "one more", by: actor.id)
        }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("There are 100 API tokens of this user") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("sam tokens revoke") == true)
        #expect(try await tokens(accounts, user).count == Accounts.tokenLimit)
        #expect(try await accounts.auditTrail(limit: 1_000).count == trail, "A refusal is no act")
    }

    @Test("A user has 100 valid tokens and no more, no matter who makes them, and another user has their own", arguments: [true, false])
    func cap(_ byAdministrator: Bool) async throws {
        try await Self.with { accounts, owner, kim in
            try await Self.fill(accounts, kim, by: byAdministrator ? owner : kim)
            let others = try await accounts.makeToken(for: owner.id, name: "theirs", by: owner.id)
            #expect(try await accounts.user(withToken: others)?.id == owner.id)
        }
    }

    @Test(
        "A token's name that is long in code points or hides something is refused and leaves no trace; one with accents is taken",
        arguments: [
            "a" + String(repeating: "\u{301}", count: 900_000), "\u{202e}cod.exe", "a\u{1b}[2Jb", String(repeating: "a", count: 81),
        ])
    func names(_ name: String) async throws {
        try await Self.with { accounts, owner, kim in
            let trail = try await accounts.auditTrail(limit: 1_000).count
            let error = await #expect(throws: AccountsError.self) {
                _ = try await accounts.makeToken(for: kim.id, name: name, by: kim.id)
            }
            #expect(error?.code == .invalid && error?.message.hasPrefix("A token's name is a line of at most 80 characters") == true)
            #expect(try await accounts.auditTrail(limit: 1_000).count == trail)
            _ = try await accounts.makeToken(for: kim.id, name: "Kims Büro, e\u{301}te\u{301}", by: kim.id)
        }
    }

    @Test("A revoked token makes room for one", arguments: [true, false])
    func room(_ byAdministrator: Bool) async throws {
        try await Self.with { accounts, owner, kim in
            try await Self.fill(accounts, kim, by: kim)
            let gone = try #require(try await Self.tokens(accounts, kim).first)
            _ = try await accounts.revokeToken(gone.id.rawValue, by: byAdministrator ? owner : kim)
            let new = try await accounts.makeToken(for: kim.id, name: "in its place", by: kim.id)
            #expect(try await accounts.user(withToken: new)?.id == kim.id)
            try await Self.fill(accounts, kim, by: kim)
        }
    }

    @Test("What another could not revoke makes no room")
    func otherUser() async throws {
        try await Self.with { accounts, owner, kim in
            let lee = try await accounts.addUser(named: "lee", role: .member, by: owner.id)
            try await Self.fill(accounts, kim, by: kim)
            let token = try #require(try await Self.tokens(accounts, kim).first)
            await #expect(throws: AccountsError.self) { try await accounts.revokeToken(token.id.rawValue, by: lee) }
            try await Self.fill(accounts, kim, by: kim)
        }
    }
}
