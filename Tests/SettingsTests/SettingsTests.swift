import Accounts
import Cascade
import Foundation
import Settings
import Store
import Testing

@Suite("Settings")
struct SettingsTests {
    private func withSettings(_ body: (Settings, Store, UserID, ProjectID) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "settings-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations + Settings.migrations, now: 1)
        let accounts = Accounts(store: store, now: { 1_000 })
        let owner = try await accounts.owner().id
        let project = try await accounts.addProject(named: "p", repository: "/r", sandbox: .bubblewrap, by: owner).id
        try await body(Settings(store: store, accounts: accounts, now: { 1_000 }), store, owner, project)
    }

    @Test(
        "A reason that is long in code points or hides something is refused; one of a few words is taken",
        arguments: [
            "a" + String(repeating: "\u{301}", count: 900_000), "\u{202e}cod.exe", "a\u{1b}[2Jb", String(repeating: "a", count: 501),
        ])
    func reasons(_ reason: String) async throws {
        try await withSettings { settings, _, user, project in
            let setting = Setting.handshakeTimeout
            let error = await #expect(throws: SettingsError.self) {
                try await settings.turnOff(setting, at: .project(project), reason: reason, by: user)
            }
            #expect(error?.message.hasPrefix("A reason is a line of at most 500 characters") == true)
            try await settings.turnOff(setting, at: .project(project), reason: "zu kurz für e\u{301}te\u{301}", by: user)
        }
    }

    @Test("Unset, set and off are three things: the standard holds, the value holds, and off lets broader layers speak")
    func overrideMode() async throws {
        try await withSettings { settings, _, user, project in
            let setting = Setting.handshakeTimeout
            func value() async throws -> Int { try await settings.integer(setting, project: project, user: user) }
            #expect(try await value() == 60)
            try await settings.set(setting, to: "90", at: .platform, by: user)
            #expect(try await value() == 90)
            try await settings.set(setting, to: "5", at: .project(project), by: user)
            #expect(try await value() == 5)
            try await settings.turnOff(setting, at: .project(project), reason: "too short", by: user)
            #expect(try await value() == 90)
            let trace = try await settings.resolve(setting, project: project, user: user).trace
            guard case .inactive(let tombstone)? = trace.first?.finding else {
                Issue.record("The tombstone is not in the trace: \(trace)")
                return
            }
            #expect(tombstone.reason == "too short")
            try await settings.turnOn(setting, at: .project(project), by: user)
            #expect(try await value() == 5, "Turned on again, it has the value it had")
            try await settings.clear(setting, at: .project(project), by: user)
            #expect(try await value() == 90)
        }
    }

    @Test("No layer loosens a ceiling; the tightest is named")
    func ceilingMode() async throws {
        try await withSettings { settings, _, user, project in
            let setting = Setting.sandboxMemory
            try await settings.set(setting, to: "1000", at: .platform, by: user)
            try await settings.set(setting, to: "2000", at: .project(project), by: user)
            #expect(try await settings.resolve(setting, project: project, user: user).outcome == .found(.integer(1_000), at: .platform))
            try await settings.set(setting, to: "500", at: .project(project), by: user)
            #expect(try await settings.resolve(setting, project: project, user: user).outcome == .found(.integer(500), at: .project))
        }
    }

    @Test(
        "An invalid value is refused, and the earlier one is kept",
        arguments: ["", "many", "0", "-1", "1e3", "99999999", "+5", "05", "-0", " 5", "5 ", "٥"])
    func badValues(_ text: String) async throws {
        try await withSettings { settings, _, user, _ in
            try await settings.set(.sessionLimit, to: "3", at: .platform, by: user)
            await #expect(throws: SettingsError.self) { try await settings.set(.sessionLimit, to: text, at: .platform, by: user) }
            #expect(try await settings.integer(.sessionLimit, project: nil, user: user) == 3)
        }
    }

    @Test("A setting of the platform's can't be set elsewhere, nor turned on without a value")
    func scopes() async throws {
        try await withSettings { settings, _, user, project in
            await #expect(throws: SettingsError.self) { try await settings.set(.sessionLimit, to: "3", at: .project(project), by: user) }
            await #expect(throws: SettingsError.self) { try await settings.turnOn(.sandboxMemory, at: .platform, by: user) }
            #expect(throws: SettingsError.self) { try Setting.named("no.such") }
        }
    }

    @Test("A stored value that can't be read fails its own setting and no other")
    func brokenRow() async throws {
        try await withSettings { settings, store, user, _ in
            try await store.write {
                _ = try $0.execute(
                    """
                    INSERT INTO settings (scope, owner, key, state, value, changed_by, changed_at)
                    VALUES ('platform', '', 'sessions.limit', 'active', 'broken', 'x', 1)
                    """)
            }
            await #expect(throws: SettingsError.self) { try await settings.integer(.sessionLimit, project: nil, user: user) }
            #expect(try await settings.integer(.sandboxMemory, project: nil, user: user) == 4_096)
        }
    }

    @Test(
        "Words are read as a person writes them or as JSON, and shown so that they can be read back",
        arguments: [
            ("none", [], "none"), ("--a b", ["--a", "b"], "--a b"), (" --a   b ", ["--a", "b"], "--a b"),
            (#"["--a b", "c"]"#, ["--a b", "c"], #"["--a b","c"]"#), (#"["none"]"#, ["none"], #"["none"]"#), ("[]", [], "none"),
        ] as [(String, [String], String)])
    func words(text: String, words: [String], shown: String) throws {
        let value = try Setting.arguments(of: "codex").parse(text)
        #expect(value == .words(words) && value.text == shown)
        #expect(try Setting.arguments(of: "codex").parse(value.text) == value)
    }

    @Test(
        "An agent's own settings are named by its id; others are none",
        arguments: [
            ("agents.claude-code.model", true), ("agents.x.arguments", true), ("agents.x.permissions", true), ("agents.x.colour", false),
            ("agents.X.model", false), ("agents..model", false), ("agents.model", false), ("agents.a.b.model", false),
        ])
    func agentSettings(key: String, exists: Bool) {
        #expect(((try? Setting.named(key)) != nil) == exists)
    }

    @Test(
        "An invalid word, list or model is refused",
        arguments: [
            ("agents.x.arguments", ""), ("agents.x.arguments", "[1]"), ("agents.x.arguments", "[\"a\""), ("agents.x.model", "two words"),
            ("agents.x.model", ""), ("agents.x.permissions", "all"), ("agents.permissions", "as-others"),
        ])
    func badAgentValues(key: String, text: String) throws {
        let setting = try Setting.named(key)
        #expect(throws: SettingsError.self) { try setting.parse(text) }
    }
}
