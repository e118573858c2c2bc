import Testing

@testable import Workspaces

/// The kind: more refs, and names, than anybody looks at.
@Suite("Many refs and strange names", .serialized)
struct ManyRefsTests {
    @Test("Beyond 400, refs and lost commits arrive joined, and the joining commit lists them")
    func joined() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let result = try await workspace.leave(
                """
                tree=$(git rev-parse HEAD^{tree})
                for n in $(seq 450); do echo "create refs/heads/b/$n $(git commit-tree -p HEAD -m b$n $tree)"; done | git update-ref --stdin
                for n in $(seq 420); do git commit-tree -p HEAD -m l$n $tree; done > /dev/null
                git tag -a words -m 'Words of a tag' b/1; git update-ref refs/x/tree $tree; git update-ref refs/x/blob $(echo b | git hash-object -w --stdin)
                """)
            #expect(result.remaining == [])
            #expect(result.others.count { $0.kind == .heads } == 400)
            let joined = try #require(result.others.first { $0.kind == .joined })
            let names = try await fixture.mirror.git(["show", joined.commit + ":names"])
            #expect(names.split(separator: "\n").count == 53)
            #expect(try await fixture.mirror.git(["show", joined.commit + ":tags"]).contains("Words of a tag"))
            #expect(result.others.count { $0.kind == .lost } == 401)
            let again = try await workspace.salvage()
            #expect(Set(again.others) == Set(result.others))
        }
    }

    @Test("A branch whose name is no text arrives as a branch")
    func bytes() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let result = try await workspace.leave(
                "git checkout -q --detach; echo f > f; git add f; git commit -qm f; git update-ref \"refs/heads/$(printf 'caf\\351')\" HEAD; git checkout -q -"
            )
            let head = try #require(result.others.first { $0.kind == .heads })
            #expect(head.ref.hasSuffix("/heads/caf%E9") && head.name == "caf\u{FFFD}")
            #expect(try await fixture.mirror.changes(from: workspace.base, to: head.commit) == ["f": "f\n"])
        }
    }

    @Test("HEAD at an earlier commit is said, though nothing is new")
    func earlier() async throws {
        try await SalvageFixture.with { fixture in
            let result = try await fixture.workspace().leave("git reset -q --hard HEAD~1")
            #expect(result.branch == nil && result.others == [])
            #expect(result.notes.contains { $0.contains("HEAD is at") } && !result.isEmpty)
        }
    }
}
