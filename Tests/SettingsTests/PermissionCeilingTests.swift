import Accounts
import Foundation
import Settings
import Store
import Testing

/// What an agent may do without asking, on three layers of two settings: what one doesn't allow, no other allows.
@Suite("The ceiling of what an agent may do")
struct PermissionCeilingTests {
    /// What layers say of all agents and of this one, and what bounds it: the mode, who says so and with which setting.
    static let table: [(said: [(Scope, String, String)], bound: String?)] = [
        ([], nil),
        ([(.project, all, "ask")], "ask project \(all)"),
        ([(.user, all, "ask")], "ask user \(all)"),
        ([(.platform, all, "edits")], "edits platform \(all)"),
        ([(.project, all, "everything")], "everything project \(all)"),
        ([(.project, all, "ask"), (.user, all, "everything"), (.platform, all, "everything")], "ask project \(all)"),
        ([(.project, all, "everything"), (.user, all, "everything"), (.platform, all, "edits")], "edits platform \(all)"),
        ([(.project, all, "everything"), (.user, all, "ask"), (.platform, all, "edits")], "ask user \(all)"),
        // Of this agent: it replaces what its own layer says of all, and nothing of another's.
        ([(.platform, all, "ask"), (.platform, own, "everything")], "everything platform \(own)"),
        ([(.platform, all, "everything"), (.platform, own, "ask")], "ask platform \(own)"),
        ([(.project, all, "ask"), (.platform, own, "everything")], "ask project \(all)"),
        ([(.project, own, "ask"), (.platform, all, "everything")], "ask project \(own)"),
        ([(.project, all, "edits"), (.project, own, "as-others"), (.user, own, "everything")], "edits project \(all)"),
        ([(.project, own, "as-others")], nil),
        // Off is what is safest.
        ([(.project, own, "off"), (.platform, all, "everything")], "ask project \(own)"),
        ([(.user, all, "off"), (.project, all, "everything")], "ask user \(all)"),
    ]
    private static let all = "agents.permissions"
    private static let own = "agents.codex.permissions"

    @Test("Every layer that speaks must allow it, and the strictest is named", arguments: table.indices)
    func bound(row: Int) async throws {
        let (said, expected) = Self.table[row]
        let path = NSTemporaryDirectory() + "permissions-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations + Settings.migrations, now: 1)
        let accounts = Accounts(store: store, now: { 1_000 })
        let user = try await accounts.owner().id
        let project = try await accounts.addProject(named: "p", repository: "/r", sandbox: .bubblewrap, by: user).id
        let settings = Settings(store: store, accounts: accounts, now: { 1_000 })
        for (scope, key, value) in said {
            let owner: ScopeOwner = scope == .project ? .project(project) : scope == .user ? .user(user) : .platform
            if value == "off" {
                try await settings.turnOff(try Setting.named(key), at: owner, reason: nil, by: user)
            } else {
                try await settings.set(try Setting.named(key), to: value, at: owner, by: user)
            }
        }
        let ceiling = try await store.read { try settings.permissionCeiling(of: "codex", project: project, user: user, in: $0) }
        #expect(ceiling.map { "\($0.mode) \($0.scope.rawValue) \($0.key)" } == expected)
    }
}
