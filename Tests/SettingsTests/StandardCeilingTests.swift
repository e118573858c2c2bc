import Accounts
import Cascade
import Foundation
import Settings
import Store
import Testing

/// Limits have a ceiling also while the platform says nothing: the standard.
@Suite("The standard as a ceiling")
struct StandardCeilingTests {
    /// The limits that a project or a user can set, each with more than the standard.
    static let limits = [
        (Setting.sandboxMemory, 1_048_576), (.sandboxProcesses, 32_768), (.sandboxCPUs, 102_400), (.sandboxDisk, 16_777_216),
        (.outputLimit, 65_536),
    ].map { setting, most in (setting.key, most) }

    @Test(
        "While the platform is silent, or off, no one gets more than the standard, and a refusal says who can allow more", arguments: limits
    )
    func silent(key: String, most: Int) async throws {
        let setting = try Setting.named(key)
        let standard = try #require(setting.standard.integer)
        try await World.with { world in
            for isOff in [false, true] {
                if isOff { try await world.settings.turnOff(setting, at: .platform, reason: nil, by: world.user) }
                for owner in [ScopeOwner.project(world.project), .user(world.user)] {
                    // Less, and just as much, is theirs to ask for.
                    for value in [standard - 1, standard] {
                        try await world.settings.set(setting, to: "\(value)", at: owner, by: world.user)
                        #expect(try await world.integer(setting) == value)
                    }
                    for value in [standard + 1, most] {
                        await #expect {
                            try await world.settings.set(setting, to: "\(value)", at: owner, by: world.user)
                        } throws: { error in
                            let words = ["\(value)", "\(owner.scope.rawValue) scope", "the standard, \(standard)", "--scope platform"]
                            return words.allSatisfy { "\(error)".contains($0) }
                        }
                    }
                    #expect(try await world.integer(setting) == standard, "What stood stands")
                    try await world.settings.clear(setting, at: owner, by: world.user)
                }
            }
            // The platform's own word is its own, above the standard or below.
            try await world.settings.set(setting, to: "\(most)", at: .platform, by: world.user)
            try await world.settings.set(setting, to: "\(most - 1)", at: .project(world.project), by: world.user)
            #expect(try await world.integer(setting) == most - 1)
            // Silent again, the standard bounds what the project asks for, and what it turns on again.
            try await world.settings.clear(setting, at: .platform, by: world.user)
            let resolution = try await world.settings.resolve(setting, project: world.project, user: world.user)
            #expect(resolution.outcome == .found(.integer(standard), at: .standard))
            #expect(resolution.trace.map(\.verdict) == [.allowed, .continuedBecauseAbsent, .continuedBecauseAbsent, .tightest])
            let explanation = try await world.settings.explain(setting, project: world.project, user: world.user)
            #expect(explanation.value == "\(standard)" && explanation.scope == .standard && explanation.layers.count == 3)
            #expect(explanation.sentence.contains("the standard is the tightest"))
            try await world.settings.turnOff(setting, at: .project(world.project), reason: nil, by: world.user)
            await #expect(throws: SettingsError.self) {
                try await world.settings.turnOn(setting, at: .project(world.project), by: world.user)
            }
            try await world.settings.set(setting, to: "\(most)", at: .platform, by: world.user)
            try await world.settings.turnOn(setting, at: .project(world.project), by: world.user)
            #expect(try await world.integer(setting) == most - 1)
        }
    }

    @Test(
        "A list of hosts can only narrow the standard one while the platform is silent",
        arguments: [
            ("evil.org", false), ("pypi.org, evil.org", false), ("*.org", false), ("*.pypi.org", false), ("pypi.org:8443", false),
            ("none", true), ("pypi.org", true), ("pypi.org:443, @repository", true), ("github.com, pypi.org", true),
        ])
    func hosts(_ list: String, isAllowed: Bool) async throws {
        try await World.with { world in
            for owner in [ScopeOwner.project(world.project), .user(world.user)] {
                if isAllowed {
                    try await world.settings.set(.egressHosts, to: list, at: owner, by: world.user)
                    let hosts = try await world.settings.hosts(.egressHosts, project: world.project, user: world.user)
                    #expect(SettingValue.hosts(hosts).text == list)
                } else {
                    await #expect {
                        try await world.settings.set(.egressHosts, to: list, at: owner, by: world.user)
                    } throws: { "\($0)".contains("can only narrow the standard list") && "\($0)".contains("--scope platform") }
                }
                try await world.settings.clear(.egressHosts, at: owner, by: world.user)
            }
            // An administrator can say it for all.
            try await world.settings.set(.egressHosts, to: list, at: .platform, by: world.user)
            try await world.settings.set(.egressHosts, to: list, at: .project(world.project), by: world.user)
        }
    }

    @Test("Rows from before are bounded, of limits and of hosts, and the standard is named")
    func older() async throws {
        try await World.with { world in
            try await world.insert("sandbox.memoryMebibytes", "1048576", .user(world.user))
            try await world.insert("egress.hosts", "evil.org, pypi.org", .project(world.project))
            #expect(try await world.integer(.sandboxMemory) == 4_096)
            let explanation = try await world.settings.explain(.egressHosts, project: world.project, user: world.user)
            #expect(explanation.value == "pypi.org" && explanation.scope == .standard)
        }
    }

    @Test("Flags, permissions and what has no machine behind it have no such ceiling: there only layers that speak bind")
    func others() async throws {
        try await World.with { world in
            for (setting, value) in [
                (Setting.signInFiles, "true"), (.permissions, "everything"), (.permissions(of: "codex"), "everything"),
                (.requestRate, "999999"), (.handshakeTimeout, "3600"),
            ] {
                try await world.settings.set(setting, to: value, at: .project(world.project), by: world.user)
                #expect(try await world.settings.text(setting, project: world.project, user: world.user) == value)
                let explanation = try await world.settings.explain(setting, project: world.project, user: world.user)
                #expect(explanation.scope == .project, "\(setting.key)")
            }
        }
    }

    @Test("After the upgrade each whom it concerns is told once, and the log says it; what asks for no more is not told of")
    func notices() async throws {
        try await World.with(settingsBefore: 2) { world in
            let kim = try await world.accounts.addUser(named: "kim", role: .member, by: world.user).id
            let lee = try await world.accounts.addUser(named: "lee", role: .member, by: world.user).id
            try await world.accounts.addMember("kim", as: .owner, to: world.project, by: world.user)
            try await world.accounts.addMember("lee", as: .viewer, to: world.project, by: world.user)
            try await world.insert("sandbox.memoryMebibytes", "1048576", .project(world.project))
            try await world.insert("egress.hosts", "evil.org, pypi.org", .user(lee))
            for (key, value) in [
                ("sandbox.processes", "100"), ("agents.permissions", "everything"), ("sandbox.diskMebibytes", "no number"),
            ] {
                try await world.insert(key, value, .project(world.project))
            }
            try await world.insert("sessions.outputMebibytes", "1000", .project(world.project))
            try await world.insert("sessions.outputMebibytes", "2000", .platform)
            try await world.store.migrate(Accounts.migrations + Settings.migrations, now: 2)

            let sentences = try await world.settings.tellOfBoundedValues()
            #expect(sentences.count == 2, "\(sentences)")
            #expect(sentences.contains { $0.contains("sandbox.memoryMebibytes") && $0.contains("project p") && $0.contains("1048576") })
            #expect(
                sentences.contains {
                    $0.contains("egress.hosts") && $0.contains("user lee") && $0.contains("evil.org") && !$0.contains("pypi")
                })
            for (user, subjects) in [
                (world.user, ["egress.hosts", "sandbox.memoryMebibytes"]), (kim, ["sandbox.memoryMebibytes"]), (lee, ["egress.hosts"]),
            ] {
                let told = try await world.accounts.notifications(for: user)
                #expect(told.map(\.subject).sorted() == subjects && told.allSatisfy { $0.kind == .settingBounded })
            }
            #expect(try await world.settings.tellOfBoundedValues().isEmpty, "Once")
            #expect(try await world.accounts.notifications(for: kim).count == 1)
        }
    }
}

// MARK: - Parts

/// Settings on a store of their own, with one project.
private struct World: Sendable {
    let store: Store
    let accounts: Accounts
    let settings: Settings
    let user: UserID
    let project: ProjectID

    /// - Parameter number: the first migration of the settings' tables that is left out.
    static func with(settingsBefore number: Int = .max, _ body: (World) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "ceiling-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations + Settings.migrations.filter { $0.number < number }, now: 1)
        let accounts = Accounts(store: store, now: { 1_000 })
        let user = try await accounts.owner().id
        let project = try await accounts.addProject(named: "p", repository: "/r", sandbox: .bubblewrap, by: user).id
        try await body(
            World(
                store: store, accounts: accounts, settings: Settings(store: store, accounts: accounts, now: { 1_000 }), user: user,
                project: project))
    }

    func integer(_ setting: Setting) async throws -> Int { try await settings.integer(setting, project: project, user: user) }

    /// A row as an earlier version wrote it.
    func insert(_ key: String, _ value: String, _ owner: ScopeOwner) async throws {
        try await store.write { [user] transaction in
            _ = try transaction.execute(
                """
                INSERT INTO settings (scope, owner, key, state, value, changed_by, changed_at)
                VALUES ($1, $2, $3, 'active', $4, $5, 1)
                """, owner.scope, owner.owner, key, value, user)
        }
    }
}
