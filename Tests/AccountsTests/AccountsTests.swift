import Accounts
import Foundation
import Store
import Testing

@Suite("Accounts")
struct AccountsTests {
    private func withAccounts(_ body: (Accounts, Store, String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "accounts-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations, now: 1)
        try await body(Accounts(store: store, now: { 1_000 }), store, path)
    }

    @Test("There is one owner, the same each time")
    func owner() async throws {
        try await withAccounts { accounts, _, _ in
            let first = try await accounts.owner()
            let second = try await accounts.owner()
            #expect(first == second)
        }
    }

    @Test("A token opens for its user, another opens nothing, and the database holds neither")
    func tokens() async throws {
        try await withAccounts { accounts, _, path in
            let owner = try await accounts.owner()
            let token = try await accounts.makeToken(for: owner.id, name: "test", by: owner.id)
            #expect(try await accounts.user(withToken: token) == owner)
            #expect(try await accounts.user(withToken: token + "x") == nil)
            #expect(try await accounts.user(withToken: "") == nil)
            for suffix in ["", "-wal"] {
                guard let bytes = FileManager.default.contents(atPath: path + suffix) else { continue }
                #expect(bytes.range(of: Data(token.utf8)) == nil)
            }
        }
    }

    @Test("A project is found by id and by name; a taken name is refused and changes nothing; each act is in the audit trail")
    func projects() async throws {
        try await withAccounts { accounts, _, _ in
            let owner = try await accounts.owner().id
            let added = try await accounts.addProject(named: "nio", repository: "/r", sandbox: .bubblewrap, by: owner)
            #expect(try await accounts.project("nio") == added)
            #expect(try await accounts.project(added.id.rawValue) == added)
            let error = await #expect(throws: AccountsError.self) {
                try await accounts.addProject(named: "nio", repository: "/other", sandbox: .none, by: owner)
            }
            #expect(error?.code == .nameTaken)
            #expect(try await accounts.projects() == [added])
            let changed = try await accounts.setSandbox(.none, of: "nio", by: owner)
            #expect(changed.sandbox == .none)
            #expect(Set(try await accounts.auditTrail().map(\.action)) == ["project.sandbox", "project.added"])
        }
    }

    @Test("Names that could be taken for options or paths are refused", arguments: ["", "-x", "a/b", "..", "a b", "!", "x\n"])
    func names(_ name: String) async throws {
        try await withAccounts { accounts, _, _ in
            let owner = try await accounts.owner().id
            await #expect(throws: AccountsError.self) {
                try await accounts.addProject(named: name, repository: "/r", sandbox: .bubblewrap, by: owner)
            }
        }
    }

    @Test("A row that can't be read does not hide the others")
    func badRow() async throws {
        try await withAccounts { accounts, store, _ in
            let owner = try await accounts.owner().id
            _ = try await accounts.addProject(named: "good", repository: "/r", sandbox: .bubblewrap, by: owner)
            try await store.write {
                _ = try $0.execute(
                    "INSERT INTO projects (id, name, repository, sandbox, created_at) VALUES ('p_bad', 'bad', '/x', 'cardboard', 1)")
            }
            #expect(try await accounts.projects().map(\.name) == ["good"])
        }
    }
}
