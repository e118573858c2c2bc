import Accounts
import Processes
import Testing

@testable import Workspaces

/// One way to leave work behind: what an agent does, and what exactly arrives.
struct LeftCase: CustomTestStringConvertible, Sendable {
    /// Something beside the session's own work.
    struct Other: Sendable, Hashable {
        var kind: OtherWork.Kind
        /// `nil` where the name is the salvage's to choose.
        var name: String?
        /// What it changed from the base; `nil` where it has a history of its own, and is compared with nothing.
        var changes: [String: String]

        init(_ kind: OtherWork.Kind, _ name: String? = nil, _ changes: [String: String]) {
            self.kind = kind
            self.name = name
            self.changes = changes
        }
    }

    var testDescription: String
    var script: String
    /// What the result changed from the base; `nil` where there is no result.
    var changes: [String: String]?
    /// What else arrives. What the result's own history holds may be named besides.
    var others: [Other]
    /// Whether a note says how the work looks now.
    var isNoted: Bool

    init(_ testDescription: String, _ script: String, _ changes: [String: String]?, _ others: [Other] = [], isNoted: Bool = false) {
        self.testDescription = testDescription
        self.script = script
        self.changes = changes
        self.others = others
        self.isNoted = isNoted
    }

    /// Lets it happen in a new workspace, and checks what arrives.
    func check(_ sandbox: Project.Sandbox = .bubblewrap, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await SalvageFixture.with(sandbox) { fixture in
            let workspace = try await fixture.workspace()
            let result = try await workspace.leave(Self.words + script, sourceLocation: sourceLocation)
            try await check(result, workspace, sourceLocation: sourceLocation)
            let fsck = try await fixture.mirror.output(["fsck", "--full", "--no-dangling"])
            #expect(
                fsck.termination == .exited(0) && fsck.text.isEmpty, "\(fsck.text)\(fsck.standardError)", sourceLocation: sourceLocation)
        }
    }

    private func check(_ result: WorkspaceResult, _ workspace: AgentWorkspace, sourceLocation: SourceLocation) async throws {
        let mirror = workspace.fixture.mirror
        #expect(result.remaining == [], sourceLocation: sourceLocation)
        #expect(result.branch == (changes == nil ? nil : workspace.branch), "\(result)", sourceLocation: sourceLocation)
        let found = try await mirror.changes(from: workspace.base, to: result.branch == nil ? workspace.base : result.commit)
        #expect(found == changes ?? [:], sourceLocation: sourceLocation)
        var seen: [Other] = []
        let own = result.branch == nil ? [] : try await mirror.commits([result.commit])
        for other in result.others where !own.contains(other.commit) {
            let repository = workspace.repository(of: other)
            // The base is the mirror's; the session's own repository may not have it.
            let base = try await mirror.tree(workspace.base)
            let tree = try await repository.tree(other.commit)
            var changes: [String: String] = [:]
            for (name, content) in try await repository.changes(from: nil, to: other.commit) where tree[name] != base[name] {
                changes[name] = content
            }
            for name in base.keys where tree[name] == nil { changes[name] = "gone" }
            let isNamed = others.contains { $0.kind == other.kind && $0.name == other.name }
            seen.append(Other(other.kind, isNamed ? other.name : nil, changes))
        }
        let sorted = { (all: [Other]) in all.map { "\($0.kind) \($0.name ?? "") \($0.changes.sorted { $0.key < $1.key })" }.sorted() }
        #expect(sorted(seen) == sorted(others), "\(result)", sourceLocation: sourceLocation)
        if isNoted { #expect(!result.notes.isEmpty, "A note says what became of it", sourceLocation: sourceLocation) }
        if changes != nil || !others.isEmpty { #expect(!result.isEmpty, sourceLocation: sourceLocation) }
    }

    /// What the scripts say often.
    private static let words = "keep() { git add -A; git commit -qm \"$1\"; }\n"
}
