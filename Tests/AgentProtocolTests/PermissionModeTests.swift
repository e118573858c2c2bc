import AgentProtocol
import Testing

@Suite("What an agent may do without asking")
struct PermissionModeTests {
    private static let once = Permission.Option(id: "y", name: "Yes", kind: .allowOnce)
    private static let always = Permission.Option(id: "a", name: "Always", kind: .allowAlways)
    private static let refuse = Permission.Option(id: "n", name: "No", kind: .refuse)

    private func permission(_ kind: String?, _ paths: [String]?, _ options: [Permission.Option] = [always, once, refuse]) -> Permission {
        Permission(id: "p1", title: "t", kind: kind, locations: paths.map { $0.map { ACP.Location(path: $0) } }, options: options)
    }

    @Test(
        "Edits are changes within the workspace; by no way that a path can be written do they lead out of it",
        arguments: [
            ("edit", ["/workspace/a/b"], true), ("edit", ["a/b"], true), ("edit", ["/workspace"], true),
            ("edit", ["/workspace/a", "/etc/passwd"], false), ("edit", ["/workspace/../etc/passwd"], false), ("edit", ["../a"], false),
            ("edit", ["/workspaces/a"], false), ("edit", ["~/.bashrc"], false), ("edit", [""], false), ("edit", [], false),
            ("edit", nil, false),
            ("read", ["/etc/passwd"], true), ("search", nil, true), ("think", nil, true),
            ("execute", nil, false), ("delete", ["/workspace/a"], false), ("fetch", nil, false), ("other", nil, false), (nil, nil, false),
        ] as [(String?, [String]?, Bool)])
    func edits(kind: String?, paths: [String]?, isAllowed: Bool) {
        let asked = permission(kind, paths)
        #expect(PermissionMode.edits.allowance(for: asked, in: "/workspace") == (isAllowed ? Self.once : nil))
        #expect(PermissionMode.ask.allowance(for: asked, in: "/workspace") == nil)
        #expect(PermissionMode.everything.allowance(for: asked, in: "/workspace") == Self.once, "Once is enough, where it is offered")
    }

    @Test("Where an agent offers no way to allow, a person sees what it asks")
    func options() {
        #expect(PermissionMode.everything.allowance(for: permission("edit", nil, [Self.always, Self.refuse]), in: "/w") == Self.always)
        #expect(PermissionMode.everything.allowance(for: permission("edit", nil, [Self.refuse]), in: "/w") == nil)
        #expect(PermissionMode.everything.allowance(for: permission("edit", nil, []), in: "/w") == nil)
    }

    @Test("What an agent writes is cut to what a person can read")
    func bounds() {
        let long = String(repeating: "x", count: 100_000)
        var asked = Permission(
            id: "p1", toolCall: long, title: long, kind: long, locations: (0..<1_000).map { ACP.Location(path: "\($0)") },
            options: [Permission.Option(id: long, name: "Yes", kind: .allowOnce)]
                + (0..<100).map { .init(id: "\($0)", name: long, kind: .refuse) })
        asked = asked.bounded
        #expect(
            asked.title.count < 2_000 && asked.title.contains("characters are not shown") && asked.locations?.count == 50
                && asked.options.count == 12)
        #expect(asked.options.allSatisfy { $0.kind == .refuse && $0.name.count == 200 }, "An option whose id is no id is none")
    }

    @Test("No mode approves a plan by itself, or another way to work", arguments: PermissionMode.allCases)
    func plans(mode: PermissionMode) {
        let options = [Self.once, Self.always, Self.refuse]
        let plan = Permission(id: "p1", title: "Go on", kind: "think", options: options, plan: "")
        let modeSwitch = Permission(id: "p2", title: "Go on", kind: "switch_mode", options: options)
        #expect(mode.allowance(for: plan, in: "/w") == nil && mode.allowance(for: modeSwitch, in: "/w") == nil)
    }

    @Test("Nothing of a command hides behind blanks or lines")
    func blanks() {
        let hidden = Permission(id: "p1", title: "ls" + String(repeating: " ", count: 5_000) + "; rm -rf x\nsecond", options: []).bounded
            .title
        #expect(hidden.contains("; rm -rf x⏎second") && hidden.contains("⟨many blanks⟩") && hidden.count < 100)
        let long = Permission(id: "p1", title: String(repeating: "a", count: 9_000) + "; rm -rf x", options: []).bounded.title
        #expect(long.hasSuffix("; rm -rf x"))
        let heavy = Permission(id: "p1", title: "a" + String(repeating: "\u{301}", count: 1_000_000), options: []).bounded.title
        #expect(heavy.utf8.count <= 70, "One character can be as long as a text")
        let many = Permission(
            id: "p1", title: String(repeating: "a" + String(repeating: "\u{301}", count: 31), count: 1_500) + "; rm -rf x", options: []
        ).bounded.title
        #expect(many.utf8.count <= 8 << 10 && many.hasSuffix("; rm -rf x") && many.contains("characters are not shown"))
    }
}
