import Accounts
import Cascade
import Foundation
import Settings
import Store
import Testing

/// The list of hosts on three layers: what one doesn't allow, no other allows.
@Suite("The list of hosts")
struct EgressCeilingTests {
    @Test(
        "Reached is what all layers allow, whichever of them says what",
        arguments: [
            (["a.org, b.org", "b.org, c.org", "b.org"], "b.org"),
            (["a.org, b.org", "b.org, a.org", "a.org, b.org, c.org"], "a.org, b.org"),
            (["*.a.org", "x.a.org, x.b.org", "x.a.org, a.org"], "x.a.org"), (["*.a.org", "*.x.a.org", "y.x.a.org"], "y.x.a.org"),
            (["*.a.org", "*.x.a.org", "*.x.a.org"], "*.x.a.org"), (["*.a.org", "a.org", "a.org"], "none"),
            (["a.org", "a.org:443", "a.org"], "a.org:443"), (["a.org", "a.org:8443", "a.org"], "none"),
            (["a.org:80", "a.org:443", "a.org"], "none"), (["a.org", "b.org", "c.org"], "none"), (["none", "a.org", "a.org"], "none"),
            (["@repository, a.org", "@repository", "@repository, b.org"], "@repository"),
        ])
    func intersection(_ lists: [String], _ expected: String) async throws {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            try await World.with { world in
                // The platform first: while it says nothing, the others can only narrow the standard list.
                for (scope, index) in zip(Scope.allCases, order).reversed() { try await world.set(lists[index], at: scope) }
                let hosts = try await world.hosts().map(\.description)
                #expect(hosts.sorted() == (expected == "none" ? [] : expected.split(separator: ", ").map(String.init)), "\(order)")
            }
        }
    }

    /// Each pattern with each other, on a layer each.
    private static let patterns = ["a.org", "x.a.org", "*.a.org", "*.org"].flatMap { [$0, $0 + ":443", $0 + ":8443"] }
    private static let probes = ["a.org", "x.a.org", "y.x.a.org", "evila.org", "org"].flatMap { host in
        [80, 443, 8_443].map { (host: host, port: $0) }
    }

    @Test("Two layers together let through exactly what each of them lets through, no more and no less", arguments: patterns)
    func everyPair(_ one: String) async throws {
        try await World.with { world in
            try await world.set(one, at: .platform)
            for other in Self.patterns {
                try await world.set(other, at: .project)
                let hosts = try await world.hosts()
                let both = try [one, other].map { try #require(HostPattern($0)) }
                for (host, port) in Self.probes {
                    let isReached = hosts.contains { $0.matches(host, port: port) }
                    let isMeant = both.allSatisfy { $0.matches(host, port: port) }
                    #expect(isReached || !isMeant, "“\(one)” and “\(other)” mean \(host):\(port), and it is not reached")
                    #expect(isMeant || !isReached, "\(host):\(port) is reached, and not allowed by both “\(one)” and “\(other)”")
                }
            }
        }
    }

    @Test("A project's list doesn't loosen the platform's, and taken away it leaves the platform's")
    func loosening() async throws {
        try await World.with { world in
            try await world.set("pypi.org", at: .platform)
            for list in ["evil.org", "*.org", "pypi.org:8443", "evil.org, pypi.org", "@repository, pypi.org"] {
                try await world.set(list, at: .project)
                for (host, port) in [("evil.org", 443), ("pypi.org", 8_443), ("x.pypi.org", 443)] {
                    #expect(!(try await world.reaches(host, port)), "“\(list)” and \(host):\(port)")
                }
                #expect(try await world.hosts().contains(.repository) == false)
            }
            #expect(try await world.reaches("pypi.org", 443), "The last of them has it, too")
            try await world.clear(.project)
            #expect(try await world.hosts().map(\.description) == ["pypi.org"])
        }
    }

    @Test("Turned off or empty at any layer nothing is reached, and cleared it is as before", arguments: Scope.allCases)
    func off(_ scope: Scope) async throws {
        try await World.with { world in
            for other in Scope.allCases where other != scope { try await world.set("pypi.org, github.com", at: other) }
            #expect(try await world.reaches("pypi.org", 443))
            for act in ["off", "none"] {
                if act == "off" { try await world.turnOff(scope) } else { try await world.set("none", at: scope) }
                #expect(try await world.hosts().isEmpty, "\(act)")
                let explanation = try await world.explain()
                #expect(explanation.value == "none" && explanation.scope?.rawValue == scope.rawValue, "\(act): \(explanation.sentence)")
                try await world.clear(scope)
                #expect(try await world.hosts().map(\.description) == ["pypi.org", "github.com"], "\(act), and then cleared")
            }
        }
    }

    @Test("With no layer that says anything the registries and the project's own host are reached, and nothing private")
    func standard() async throws {
        try await World.with { world in
            let hosts = try await world.hosts()
            #expect(hosts.contains(.repository))
            for host in ["pypi.org", "registry.npmjs.org", "index.crates.io", "proxy.golang.org", "rubygems.org"] {
                #expect(try await world.reaches(host, 443), "\(host)")
            }
            for host in ["localhost", "127.0.0.1", "169.254.169.254", "10.0.0.1", "example.org", "evilpypi.org"] {
                #expect(!(try await world.reaches(host, 443)), "\(host)")
            }
            #expect(try await world.settings.hosts(.egressPrivateHosts, project: world.project, user: world.user).isEmpty)
            try await world.turnOff(.project)
            #expect(try await world.hosts().isEmpty, "Off is off, also where nothing else was said")
        }
    }

    @Test("Asked why, SAM names the layer that was tightest", arguments: Scope.allCases)
    func tightest(_ scope: Scope) async throws {
        try await World.with { world in
            for other in Scope.allCases.reversed() { try await world.set(other == scope ? "x.a.org" : "*.a.org, b.org", at: other) }
            let explanation = try await world.explain()
            #expect(explanation.value == "x.a.org" && explanation.scope?.rawValue == scope.rawValue && explanation.mode == "ceiling")
            #expect(explanation.sentence.contains("the \(scope.rawValue) scope is the tightest"))
            #expect(explanation.layers.map(\.finding) == ["active", "active", "active"])
        }
    }

    @Test("Hosts in private networks are the platform's to name, and a list with one mistake changes nothing")
    func refused() async throws {
        try await World.with { world in
            let (settings, user) = (world.settings, world.user)
            for owner in [ScopeOwner.project(world.project), .user(user)] {
                await #expect(throws: SettingsError.self) { try await settings.set(.egressPrivateHosts, to: "a.org", at: owner, by: user) }
            }
            try await settings.set(.egressPrivateHosts, to: "10.0.0.1:8080", at: .platform, by: user)
            try await world.set("a.org", at: .platform)
            for text in ["", ",", "a.org, http://b.org", "*", "b.org, c.org:0"] {
                await #expect(throws: SettingsError.self, "“\(text)”") { try await world.set(text, at: .platform) }
                #expect(try await world.hosts().map(\.description) == ["a.org"])
            }
        }
    }
}

// MARK: - Parts

/// Settings on a store of their own, with one project.
private struct World: Sendable {
    let settings: Settings
    let user: UserID
    let project: ProjectID

    static func with(_ body: (World) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "egress-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Accounts.migrations + Settings.migrations, now: 1)
        let accounts = Accounts(store: store, now: { 1_000 })
        let owner = try await accounts.owner().id
        let project = try await accounts.addProject(named: "p", repository: "/r", sandbox: .bubblewrap, by: owner).id
        try await body(World(settings: Settings(store: store, accounts: accounts, now: { 1_000 }), user: owner, project: project))
    }

    private func owner(_ scope: Scope) -> ScopeOwner {
        switch scope {
        case .project: .project(project)
        case .user: .user(user)
        case .platform: .platform
        }
    }

    func set(_ text: String, at scope: Scope) async throws { try await settings.set(.egressHosts, to: text, at: owner(scope), by: user) }
    func clear(_ scope: Scope) async throws { try await settings.clear(.egressHosts, at: owner(scope), by: user) }
    func turnOff(_ scope: Scope) async throws { try await settings.turnOff(.egressHosts, at: owner(scope), reason: nil, by: user) }
    func hosts() async throws -> [HostPattern] { try await settings.hosts(.egressHosts, project: project, user: user) }
    func explain() async throws -> SettingExplanation { try await settings.explain(.egressHosts, project: project, user: user) }
    func reaches(_ host: String, _ port: Int) async throws -> Bool { try await hosts().contains { $0.matches(host, port: port) } }
}
