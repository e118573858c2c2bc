import Accounts
import Testing

@testable import Workspaces

/// The kind: repositories, worktrees and submodules inside a workspace.
@Suite("Repositories in a workspace", .serialized)
struct NestedRepositoryTests {
    @Test("Their files arrive where they stood, their histories as refs, and no gitlink lands that does not resolve", arguments: cases)
    func arrives(_ left: LeftCase) async throws { try await left.check() }

    @Test("The agent's own commits stay as they are, also one that names a nested repository's commit")
    func notRewritten() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let result = try await workspace.leave(
                "git init -q -b main sub; (cd sub; echo s > s; git add s; git commit -qm s); git add sub 2>/dev/null; git commit -qm link")
            let own = try await workspace.run("git rev-parse HEAD")
            #expect(try await fixture.mirror.git(["rev-parse", result.commit + "^"]) == own)
            #expect(try await fixture.mirror.tree(own)["sub"]?.mode == "160000")
            #expect(try await fixture.mirror.tree(result.commit)["sub/s"]?.mode == "100644")
        }
    }

    @Test("A shallow clone's new commits are in a repository of the session's own, and the mirror stays whole")
    func shallow() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let result = try await workspace.leave(
                """
                git init -q -b main /tmp/far; cd /tmp/far; for n in 1 2 3; do echo $n > n; git add n; git commit -qm $n; done
                cd /workspace; git clone -q --depth 1 file:///tmp/far sub; cd sub; echo s > s; git add s; git commit -qm s; rm -rf /tmp/far
                """)
            #expect(result.remaining == [])
            #expect(try await fixture.mirror.changes(from: workspace.base, to: result.commit) == ["sub/n": "3\n", "sub/s": "s\n"])
            let nested = try #require(result.others.first { $0.kind == .nested })
            #expect(nested.repository == .session)
            #expect(try await fixture.mirror.git(["rev-parse", "--is-shallow-repository"]) == "false")
        }
    }

    /// A tree that has nothing to do with the base's.
    private static func instead(_ files: [String: String]) -> [String: String] {
        [
            "README.md", ".gitignore", "src/main.c", "src/deep/one.txt", "docs/guide.md", ".gitmodules", "run.sh", "link", "module",
        ].reduce(into: files) { $0[$1] = $0[$1] ?? "gone" }
    }

    /// The base's files in a folder.
    private static let copied = [
        "sub/README.md": "# A project\n", "sub/.gitignore": Origin.ignored, "sub/src/main.c": "int main(void);\n",
        "sub/src/deep/one.txt": "one\n", "sub/docs/guide.md": "Read me.\n", "sub/run.sh": "x:#!/bin/sh\necho run\n",
        "sub/link": "->README.md",
        "sub/.gitmodules": "[submodule \"module\"]\n\tpath = module\n\turl = https://example.invalid/module.git\n",
    ]

    private static let cases: [LeftCase] = [
        LeftCase("a clone of the workspace, untouched", "git clone -q . sub", copied, isNoted: true),
        LeftCase(
            "a clone of the workspace with a commit", "git clone -q . sub; cd sub; echo n > n; keep n",
            copied.merging(["sub/n": "n\n"], uniquingKeysWith: { $1 }), [.init(.nested, nil, ["n": "n\n"])], isNoted: true),
        LeftCase(
            "a repository with a commit", "git init -q -b main sub; cd sub; echo s > s; keep s", ["sub/s": "s\n"],
            [.init(.nested, "sub/heads/main", instead(["s": "s\n"]))], isNoted: true),
        LeftCase(
            "a repository with a commit, a changed file and a stash",
            "git init -q -b main sub; cd sub; echo s > s; keep s; echo t > s; git stash -q; echo u > u", ["sub/s": "s\n", "sub/u": "u\n"],
            [
                .init(.nested, "sub", instead(["s": "s\n", "u": "u\n"])), .init(.nested, "sub/heads/main", instead(["s": "s\n"])),
                .init(.nested, "sub/stash", instead(["s": "t\n"])),
            ], isNoted: true),
        LeftCase(
            "a repository with a detached HEAD",
            "git init -q sub; cd sub; echo s > s; keep s; git checkout -q --detach; echo t > s; keep t",
            ["sub/s": "t\n"],
            [.init(.nested, "sub", instead(["s": "t\n"])), .init(.nested, "sub/heads/master", instead(["s": "s\n"]))], isNoted: true),
        LeftCase(
            "a repository whose commit the agent committed as a link",
            "git init -q -b main sub; (cd sub; echo s > s; keep s); git add sub 2>/dev/null; git commit -qm link", ["sub/s": "s\n"],
            [.init(.nested, "sub/heads/main", instead(["s": "s\n"]))], isNoted: true),
        LeftCase(
            "a repository in a repository",
            "git init -q -b main a; cd a; echo y > y; keep y; git init -q -b main b; cd b; echo x > x; keep x",
            ["a/y": "y\n", "a/b/x": "x\n"],
            [
                .init(.nested, "a", instead(["y": "y\n", "b/x": "x\n"])), .init(.nested, "a/heads/main", instead(["y": "y\n"])),
                .init(.nested, "a/b/heads/main", instead(["x": "x\n"])),
            ], isNoted: true),
        LeftCase(
            "a worktree", "git worktree add -q wt -b feat; cd wt; echo f > f; keep f", nil, [.init(.heads, "feat", ["f": "f\n"])],
            isNoted: true),
        LeftCase(
            "a worktree in an ignored folder", "git worktree add -q .worktrees/wt -b feat; cd .worktrees/wt; echo f > f; keep f", nil,
            [.init(.heads, "feat", ["f": "f\n"])], isNoted: true),
        LeftCase(
            "a worktree with a file that is not committed",
            "git worktree add -q wt -b feat; cd wt; echo f > f; keep f; echo g > g; rm README.md", nil,
            [.init(.heads, "feat", ["f": "f\n"]), .init(.nested, "wt", ["f": "f\n", "g": "g\n", "README.md": "gone"])], isNoted: true),
        LeftCase(
            "a worktree on a commit of no branch", "git worktree add -q --detach wt; cd wt; echo f > f; keep f", nil,
            [.init(.nested, "wt", ["f": "f\n"])], isNoted: true),
        LeftCase(
            "a worktree outside of the workspace, on a commit of no branch",
            "git worktree add -q --detach /tmp/wt; cd /tmp/wt; echo f > f; keep f", nil, [.init(.nested, "wt", ["f": "f\n"])]),
        LeftCase(
            "files in an empty submodule's folder", "echo m > module/m; mkdir module/d; echo n > module/d/n", nil,
            [.init(.nested, "module", instead(["m": "m\n", "d/n": "n\n"]))], isNoted: true),
        LeftCase(
            "a submodule with a commit of the agent's", "git init -q -b main module; cd module; echo m > m; keep m", nil,
            [.init(.nested, "module/heads/main", instead(["m": "m\n"]))], isNoted: true),
        LeftCase(
            "a submodule whose new commit the agent committed",
            "git init -q -b main module; (cd module; echo m > m; keep m); git add module; git commit -qm bump; echo w > w; keep w",
            ["w": "w\n"], [.init(.nested, "module/heads/main", instead(["m": "m\n"]))], isNoted: true),
        LeftCase(
            "a submodule's repository that is checked out nowhere",
            "git init -q -b main --bare .git/modules/gone; cd .git/modules/gone; git update-ref refs/heads/x $(git commit-tree -m x $(git mktree </dev/null))",
            nil, [.init(.nested, "gone/heads/x", instead([:]))]),
    ]
}
