import Foundation
import Store
import Testing

@testable import Accounts

@Suite("Lists of accounts in parts")
struct ListTests {
    private func withAccounts(_ body: (Accounts, Store, User) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "lists-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations, now: 1)
        // One time for everything: the order must not depend on it.
        let accounts = Accounts(store: store, now: { 1_000 })
        try await body(accounts, store, try await accounts.owner())
    }

    /// Reads a list part by part.
    private func everything<Item>(
        _ limit: Int, _ read: (PageRequest) async throws -> Page<Item>, between: () async throws -> Void = {}
    ) async throws -> [Item] {
        var all: [Item] = []
        var after: PageKey?
        repeat {
            let page = try await read(PageRequest(limit: limit, after: after))
            #expect(page.items.count <= limit)
            all += page.items
            after = page.next
            try await between()
        } while after != nil
        return all
    }

    @Test("Every project, user, member, token, notification and line of the audit trail is in exactly one part", arguments: [1, 3, 50])
    func parts(_ limit: Int) async throws {
        try await withAccounts { accounts, _, owner in
            var project: Project?
            for number in 10..<20 {
                project = try await accounts.addProject(named: "p\(number)", repository: "/r", sandbox: .bubblewrap, by: owner.id)
                let user = try await accounts.addUser(named: "u\(number)", role: .member, by: owner.id)
                if let project { try await accounts.addMember(user.name, to: project.id, by: owner.id) }
                _ = try await accounts.makeToken(for: owner.id, name: "t\(number)", by: owner.id)
            }
            let last = try #require(project)
            for number in 10..<20 { try await accounts.addMember("u\(number)", to: last.id, by: owner.id) }
            try await accounts.store.write { transaction in
                for number in 10..<20 { try accounts.notify(.user(owner.id), .tokenMade, "x\(number)", "n", in: transaction) }
            }
            let names = (10..<20).map { "\($0)" }
            #expect(try await everything(limit) { try await accounts.projects($0) }.map(\.name) == names.map { "p" + $0 })
            #expect(try await everything(limit) { try await accounts.projects(of: owner.id, $0) }.map(\.name) == names.map { "p" + $0 })
            #expect(try await everything(limit) { try await accounts.users($0) }.map(\.name) == ["owner"] + names.map { "u" + $0 })
            #expect(try await everything(limit) { try await accounts.members(of: last.id, $0) }.count == 11)
            #expect(
                Set(try await everything(limit) { try await accounts.tokens(of: owner.id, $0) }.map(\.name)) == Set(names.map { "t" + $0 }))
            let told = try await everything(limit) { try await accounts.notifications(for: owner.id, $0) }
            #expect(told.count == 10 && Set(told.map(\.subject)).count == 10)
            let audit = try await everything(limit) { try await accounts.auditTrail($0) }
            let whole = try await accounts.auditTrail(limit: 1_000)
            #expect(audit == whole && audit.count > 40)
        }
    }

    @Test("What comes while a list is read shifts none of its parts")
    func meanwhile() async throws {
        try await withAccounts { accounts, store, owner in
            func record(_ number: Int, at time: Int64) async throws {
                try await store.write { transaction in
                    let accounts = Accounts(store: store, now: { time })
                    try accounts.record(transaction, owner.id, "act", "\(number)", "")
                }
            }
            for number in 0..<10 { try await record(number, at: Int64(number)) }
            var late = 100
            let read = try await everything(3) {
                try await accounts.auditTrail($0)
            } between: {
                for _ in 0..<5 {
                    try await record(late, at: Int64(late))
                    late += 1
                }
            }
            #expect(read.map(\.subject) == (0..<10).reversed().map { "\($0)" })
        }
    }

    @Test("A mistyped project is named with the nearest of those that its asker may know, and with no other")
    func hints() async throws {
        try await withAccounts { accounts, _, owner in
            let kim = try await accounts.addUser(named: "kim", role: .member, by: owner.id)
            for name in ["swift-nio", "secret-plan"] {
                _ = try await accounts.addProject(named: name, repository: "/r", sandbox: .bubblewrap, by: owner.id)
            }
            try await accounts.addMember("kim", to: try await accounts.project("swift-nio").id, by: owner.id)
            for (user, typed, meant) in [
                (owner.id, "swfit-nio", "swift-nio"), (owner.id, "secret-plans", "secret-plan"), (kim.id, "swift_nio", "swift-nio"),
            ] {
                await #expect {
                    _ = try await accounts.project(typed, for: user)
                } throws: { "\(($0 as? AccountsError)?.message ?? "")".contains("Did you mean “\(meant)”?") }
            }
            for typed in ["secret-plans", "secret-plan", "nothing"] {
                await #expect {
                    _ = try await accounts.project(typed, for: kim.id)
                } throws: { !"\(($0 as? AccountsError)?.message ?? "Did you mean")".contains("Did you mean") }
            }
        }
    }
}
