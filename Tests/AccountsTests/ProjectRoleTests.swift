import Accounts
import Foundation
import Store
import Testing

/// Roles in a project: who has which, who gives them, and that none is without an owner.
@Suite("Roles in projects")
struct ProjectRoleTests {
    @Test("Who adds a project owns it, and a newcomer is a member where nothing else is said")
    func newcomers() async throws {
        try await World.with { world in
            let roles = try await world.roles()
            #expect(roles == ["owner": .owner, "kim": .member, "lee": .viewer])
        }
    }

    @Test(
        "Each role may what it may and what those below it may, and a refusal names who may",
        arguments: [("lee", [ProjectRole.viewer]), ("kim", [.viewer, .member]), ("owner", ProjectRole.allCases), ("robin", [])])
    func rights(name: String, may: [ProjectRole]) async throws {
        try await World.with { world in
            let user = try await world.accounts.user(name)
            for role in ProjectRole.allCases {
                do {
                    _ = try await world.accounts.project("p", for: user.id, as: role)
                    #expect(may.contains(role), "\(name) as \(role)")
                } catch let error as AccountsError {
                    #expect(!may.contains(role), "\(name) as \(role): \(error)")
                    #expect(error.code == (may.isEmpty ? .notFound : .forbidden))
                    #expect(may.isEmpty || error.message.contains("Ask one who owns it: owner."), "\(error)")
                }
            }
        }
    }

    @Test(
        "Owners and administrators change who belongs to a project; members and viewers can't",
        arguments: ["kim", "lee"])
    func governing(name: String) async throws {
        try await World.with { world in
            let (accounts, project) = (world.accounts, world.project)
            let actor = try await accounts.user(name).id
            let before = try await world.roles()
            let acts: [() async throws -> Void] = [
                { try await accounts.addMember("robin", to: project, by: actor) },
                { try await accounts.addMember(name, as: .owner, to: project, by: actor) },
                { try await accounts.setRole(.owner, of: name, in: project, by: actor) },
                { try await accounts.setRole(.viewer, of: "owner", in: project, by: actor) },
                { try await accounts.removeMember("owner", from: project, by: actor) },
                { try await accounts.removeMember("no such user", from: project, by: actor) },
            ]
            for (number, act) in acts.enumerated() {
                await #expect("\(number)") {
                    try await act()
                } throws: { ($0 as? AccountsError)?.code == .forbidden }
            }
            #expect(try await world.roles() == before)
            // The same by an owner who is no administrator, and by an administrator outside.
            for role in [User.Role.member, .administrator] {
                let other = try await accounts.addUser(named: "other-\(role.rawValue)", role: role, by: world.owner)
                if role == .member { try await accounts.addMember(other.name, as: .owner, to: project, by: world.owner) }
                try await accounts.addMember("robin", as: .viewer, to: project, by: other.id)
                try await accounts.setRole(.member, of: "robin", in: project, by: other.id)
                #expect(try await world.role("robin") == .member)
                try await accounts.removeMember("robin", from: project, by: other.id)
                #expect(try await world.role("robin") == nil)
            }
            try await accounts.removeMember(name, from: project, by: actor)
            #expect(try await world.role(name) == nil, "One can leave")
        }
    }

    @Test("To add who belongs to it already changes nothing, unless another role is named")
    func again() async throws {
        try await World.with { world in
            try await world.accounts.addMember("lee", to: world.project, by: world.owner)
            #expect(try await world.role("lee") == .viewer)
            try await world.accounts.addMember("lee", as: .owner, to: world.project, by: world.owner)
            #expect(try await world.role("lee") == .owner)
            try await world.accounts.addMember("lee", to: world.project, by: world.owner)
            #expect(try await world.role("lee") == .owner)
        }
    }

    @Test(
        "The last owner who may come in stays one, against everybody",
        arguments: ["themselves", "an administrator", "beside a disabled one"])
    func lastOwner(by who: String) async throws {
        try await World.with { world in
            let (accounts, project) = (world.accounts, world.project)
            try await accounts.addMember("kim", as: .owner, to: project, by: world.owner)
            if who == "beside a disabled one" {
                _ = try await accounts.disable("kim", by: world.owner)
                try await accounts.addMember("lee", as: .owner, to: project, by: world.owner)
                try await accounts.removeMember("owner", from: project, by: world.owner)
                let before = try await world.roles()
                await #expect(throws: AccountsError.self) { try await accounts.setRole(.member, of: "lee", in: project, by: world.owner) }
                await #expect(throws: AccountsError.self) { try await accounts.removeMember("lee", from: project, by: world.owner) }
                #expect(try await world.roles() == before)
                return
            }
            // With a second owner both can be done; without, neither.
            try await accounts.removeMember("owner", from: project, by: world.owner)
            let kim = try await accounts.user("kim").id
            let actor = who == "themselves" ? kim : world.owner
            for act: () async throws -> Void in [
                { try await accounts.setRole(.member, of: "kim", in: project, by: actor) },
                { try await accounts.setRole(.viewer, of: "kim", in: project, by: actor) },
                { try await accounts.addMember("kim", as: .viewer, to: project, by: actor) },
                { try await accounts.removeMember("kim", from: project, by: actor) },
            ] {
                await #expect {
                    try await act()
                } throws: { "\($0)".contains("kim is the last owner") }
            }
            #expect(try await world.role("kim") == .owner)
            try await accounts.setRole(.owner, of: "lee", in: project, by: actor)
            try await accounts.removeMember("kim", from: project, by: actor)
            #expect(try await world.roles() == ["lee": .owner])
        }
    }

    @Test("The last owner of a project can be disabled; administrators are told, and name another")
    func disabledOwner() async throws {
        try await World.with { world in
            let (accounts, project) = (world.accounts, world.project)
            try await accounts.addMember("kim", as: .owner, to: project, by: world.owner)
            _ = try await accounts.disable("kim", by: world.owner)
            #expect(try await accounts.notifications(for: world.owner).isEmpty, "It has another owner")
            _ = try await accounts.enable("kim", by: world.owner)
            try await accounts.removeMember("owner", from: project, by: world.owner)
            _ = try await accounts.disable("kim", by: world.owner)
            let told = try await accounts.notifications(for: world.owner)
            #expect(told.map(\.kind) == [.projectWithoutOwner] && told.first?.subject == project.rawValue)
            #expect(told.first?.text.contains("sam projects members add p USER --role owner") == true)
            _ = try await accounts.disable("kim", by: world.owner)
            #expect(try await accounts.notifications(for: world.owner).count == 1, "It is told once")
            let lee = try await accounts.user("lee").id
            await #expect {
                _ = try await accounts.project("p", for: lee, as: .owner)
            } throws: { "\($0)".contains("an administrator can name one") }
            try await accounts.setRole(.owner, of: "lee", in: project, by: world.owner)
            _ = try await accounts.project("p", for: lee, as: .owner)
            #expect(
                try await accounts.auditTrail().contains {
                    $0.action == "member.role" && $0.actorName == "owner" && $0.detail.hasPrefix("lee: owner")
                })
        }
    }

    @Test("What was there before roles gets its earliest enabled member as owner; the others are members")
    func migration() async throws {
        let path = NSTemporaryDirectory() + "roles-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations.filter { $0.number <= 2 }, now: 1)
        try await store.write { transaction in
            for (name, created, disabled) in [("a", 1, nil), ("b", 2, nil), ("c", 3, 9), ("d", 4, 9)] as [(String, Int, Int?)] {
                try transaction.execute(
                    "INSERT INTO users (id, name, role, created_at, disabled_at) VALUES ($1, $1, 'member', $2, $3)", name, created, disabled
                )
            }
            // Who came when, and let in by whom: the first, one who is disabled first, two at the same time, only disabled ones.
            for (project, members) in [
                ("first", [("a", 20, "b"), ("b", 10, "b")]), ("disabled", [("c", 1, "c"), ("b", 5, "c"), ("a", 6, "b")]),
                ("together", [("a", 7, "b"), ("b", 7, "b")]), ("nobody", [("c", 1, "c"), ("d", 2, "c")]), ("empty", []),
            ] as [(String, [(String, Int, String)])] {
                try transaction.execute(
                    "INSERT INTO projects (id, name, repository, sandbox, created_at) VALUES ($1, $1, '/r', 'bubblewrap', 1)", project)
                for (user, at, by) in members {
                    try transaction.execute(
                        "INSERT INTO members (project_id, user_id, added_by, added_at) VALUES ($1, $2, $3, $4)", project, user, by, at)
                }
            }
        }
        try await store.migrate(Accounts.migrations, now: 2)
        let accounts = Accounts(store: store, now: { 3 })
        for (project, owner, members) in [
            ("first", "b", ["a"]), ("disabled", "b", ["a", "c"]), ("together", "b", ["a"]), ("nobody", nil, ["c", "d"]), ("empty", nil, []),
        ] as [(String, String?, [String])] {
            let all = try await accounts.members(of: ProjectID(rawValue: project), PageRequest(limit: 1_000)).items
            #expect(all.filter { $0.role == .owner }.map(\.user.name) == [owner].compactMap(\.self), "\(project)")
            #expect(all.filter { $0.role == .member }.map(\.user.name) == members, "\(project)")
        }
    }

    @Test("Each act by which somebody may do less is counted, for those who watch; what is refused is not")
    func changes() async throws {
        try await World.with { world in
            let (accounts, project) = (world.accounts, world.project)
            _ = try await accounts.makeToken(for: try await accounts.user("kim").id, name: "laptop", by: world.owner)
            let token = try #require(
                try await accounts.tokens(of: try await accounts.user("kim").id, PageRequest(limit: 10)).items.first?.id)
            let owner = try await accounts.user("owner")
            let acts: [() async throws -> Void] = [
                { try await accounts.setRole(.viewer, of: "kim", in: project, by: world.owner) },
                { try await accounts.removeMember("kim", from: project, by: world.owner) },
                { _ = try await accounts.disable("kim", by: world.owner) },
                { try await accounts.revokeToken(token.rawValue, by: owner) },
            ]
            for (number, act) in acts.enumerated() {
                let before = try await accounts.accessChanges()
                try await act()
                #expect(try await accounts.accessChanges() > before, "\(number)")
            }
            let before = try await accounts.accessChanges()
            await #expect(throws: AccountsError.self) { try await accounts.removeMember("owner", from: project, by: world.owner) }
            #expect(try await accounts.accessChanges() == before)
        }
    }
}

/// Accounts with a project that the owner owns, in which kim is a member and lee a viewer, and which robin does not belong to.
private struct World: Sendable {
    let accounts: Accounts
    let owner: UserID
    let project: ProjectID

    static func with(_ body: (World) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "roles-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations, now: 1)
        let accounts = Accounts(store: store, now: { 1_000 })
        let owner = try await accounts.owner().id
        for name in ["kim", "lee", "robin"] { _ = try await accounts.addUser(named: name, role: .member, by: owner) }
        let project = try await accounts.addProject(named: "p", repository: "/r", sandbox: .bubblewrap, by: owner).id
        try await accounts.addMember("kim", to: project, by: owner)
        try await accounts.addMember("lee", as: .viewer, to: project, by: owner)
        try await body(World(accounts: accounts, owner: owner, project: project))
    }

    func roles() async throws -> [String: ProjectRole] {
        Dictionary(
            try await accounts.members(of: project, PageRequest(limit: 1_000)).items.map { ($0.user.name, $0.role) },
            uniquingKeysWith: { one, _ in one })
    }

    func role(_ name: String) async throws -> ProjectRole? { try await roles()[name] }
}
