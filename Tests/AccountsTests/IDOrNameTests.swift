import Accounts
import Store
import Testing

@Suite("What is named by its id or its name")
struct IDOrNameTests {
    private struct Thing: Hashable {
        var id: String
        var name: String
    }

    private static let all = [
        Thing(id: "k_1", name: "laptop"), Thing(id: "k_2", name: "tool"), Thing(id: "k_3", name: "tool"),
        Thing(id: "k_4", name: "k_1"), Thing(id: "k_5", name: "Laptop"),
    ]

    @Test(
        "An id is one, a name that one has is one, and an id wins over a name",
        arguments: [("k_1", "k_1"), ("k_2", "k_2"), ("laptop", "k_1"), ("Laptop", "k_5")])
    func one(_ text: String, _ id: String) {
        guard case .one(let thing) = IDOrName(text, among: Self.all, id: \.id, name: \.name) else {
            Issue.record("none or several")
            return
        }
        #expect(thing.id == id)
    }

    @Test("A name that several have, and one that none has, are told apart")
    func others() {
        guard case .several(let things) = IDOrName("tool", among: Self.all, id: \.id, name: \.name) else {
            Issue.record("not several")
            return
        }
        #expect(things.map(\.id) == ["k_2", "k_3"])
        for text in ["", "k_9", "laptop ", "lap"] {
            guard case .none = IDOrName(text, among: Self.all, id: \.id, name: \.name) else {
                Issue.record("\(text) is one")
                continue
            }
        }
        let sentence = IDOrName<Thing>.ambiguity("tool", of: "tokens", things.map(\.id), "sam tokens revoke")
        #expect(sentence == "2 of your tokens are named “tool”: k_2, k_3. Name one by its id: sam tokens revoke k_2")
    }

    @Test("A token is revoked by its id or name; of two of one name neither is, and another's name opens none")
    func tokens() async throws {
        let store = try Store.sqlite(at: "/tmp/sam-tokens-\(UInt64.random(in: 0 ... .max)).db")
        try await store.migrate(Accounts.migrations, now: 1)
        let accounts = Accounts(store: store, now: { 1 })
        let owner = try await accounts.owner()
        let kim = try await accounts.addUser(named: "kim", role: .member, by: owner.id)
        for name in ["laptop", "tool", "tool"] { _ = try await accounts.makeToken(for: owner.id, name: name, by: owner.id) }
        let theirs = try await accounts.makeToken(for: kim.id, name: "kims", by: kim.id)
        func names() async throws -> [String] {
            try await accounts.tokens(of: owner.id, PageRequest(limit: 10)).items.map(\.name).sorted()
        }
        #expect(try await accounts.revokeToken("laptop", by: owner).name == "laptop")
        let several = await #expect(throws: AccountsError.self) { try await accounts.revokeToken("tool", by: owner) }
        #expect(several?.code == .invalid && several?.message.contains("by its id") == true)
        for (name, user) in [("kims", owner), ("tool", kim), ("laptop", owner), ("nothing", owner)] {
            let error = await #expect(throws: AccountsError.self) { try await accounts.revokeToken(name, by: user) }
            #expect(error?.code == .notFound, "\(name)")
        }
        #expect(try await names() == ["tool", "tool"])
        let id = try #require(try await accounts.tokens(of: owner.id, PageRequest(limit: 10)).items.first?.id.rawValue)
        try await accounts.revokeToken(id, by: owner)
        #expect(try await names() == ["tool"])
        #expect(try await accounts.user(withToken: theirs)?.name == "kim")
        let kims = try #require(try await accounts.tokens(of: kim.id, PageRequest(limit: 10)).items.first?.id.rawValue)
        try await accounts.revokeToken(kims, by: owner)
        #expect(try await accounts.user(withToken: theirs) == nil, "An administrator may, by its id")
        try await store.close()
    }
}
