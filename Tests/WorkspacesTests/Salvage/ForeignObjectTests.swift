import Foundation
import Testing

@testable import Workspaces

/// Agents that want SAM to read another project's mirror for them: they know where it is and what its commits are called.
@Suite("Another project's objects", .serialized)
struct ForeignObjectTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// `$S` is the other project's repository, `$C` and `$B` its commit and its file, `$OWN` a repository of the agent's own with the
        /// commit `$MINE`.
        var script: String

        init(_ name: String, _ script: String) {
            testDescription = name
            self.script = script
        }
    }

    @Test("None arrives, by whatever way the workspace's repository leads to them, and the agent's own work does", arguments: attacks)
    func refused(_ attack: Attack) async throws {
        try await SalvageFixture.with { fixture in
            let other = try await Self.otherProject(fixture)
            let workspace = try await fixture.workspace()
            try await workspace.run(
                """
                S=\(other.repository.path); C=\(other.commit); B=\(other.file)
                echo w > w
                (set -e
                \(attack.script)
                )
                """)
            let result = try await workspace.salvage()
            let lost = TestRepository(path: fixture.host.home.lostWork(workspace.session))
            for repository in [fixture.mirror, lost] where FileManager.default.fileExists(atPath: repository.path) {
                #expect(try await repository.refs("refs/").values.contains(other.commit) == false)
                for object in [other.commit, other.file] {
                    #expect(try await !repository.has(object), "\(object) is in \(repository.path)")
                }
            }
            #expect(try await other.repository.refs("refs/") == ["refs/heads/main": other.commit])
            // Where the agent's repository is of no use, its files are.
            if !result.commit.isEmpty, result.commit != workspace.base {
                #expect(try await fixture.mirror.tree(result.commit)["w"] != nil, "\(result)")
            } else {
                #expect(!result.remaining.isEmpty, "\(result)")
            }
        }
    }

    @Test("The same ways to a repository of the agent's own bring its commits out")
    func own() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let mine = try await workspace.run(
                """
                git init -q own; cd own; echo mine > mine; git add mine; git commit -qm mine; cd ..
                echo /workspace/own/.git/objects > .git/objects/info/alternates.new
                cat .git/objects/info/alternates >> .git/objects/info/alternates.new
                mv .git/objects/info/alternates.new .git/objects/info/alternates
                git update-ref refs/heads/borrowed $(git -C own rev-parse HEAD); git rev-parse borrowed
                """)
            let result = try await workspace.salvage()
            #expect(result.others.contains { $0.commit == mine }, "\(result)")
            #expect(try await fixture.mirror.has(mine))
        }
    }

    private static let attacks = [
        Attack("alternates", "echo $S/objects >> .git/objects/info/alternates; echo $C > .git/refs/heads/x"),
        Attack(
            "alternates of alternates",
            "mkdir -p a/info; echo $S/objects > a/info/alternates; echo /workspace/a >> .git/objects/info/alternates; echo $C > .git/refs/heads/x"
        ),
        Attack(
            "a relative path in alternates",
            "echo ../../../../../../..$S/objects >> .git/objects/info/alternates; echo $C > .git/refs/heads/x"),
        Attack("a branch of a foreign commit, without a way to it", "echo $C > .git/refs/heads/x"),
        Attack("a packed ref of a foreign commit", "echo $C refs/heads/x >> .git/packed-refs"),
        Attack("HEAD at a foreign commit", "echo $C > .git/HEAD"),
        Attack(
            "a stash of a foreign commit",
            "mkdir -p .git/logs/refs; echo $C > .git/refs/stash; echo \"$C $C A <a@b.c> 1700000000 +0000\tx\" > .git/logs/refs/stash"),
        Attack(
            "a commit of a foreign tree",
            "c=$(printf 'tree %s\\nparent %s\\nauthor A <a@b.c> 1 +0000\\ncommitter A <a@b.c> 1 +0000\\n\\nx\\n' $B $C | git hash-object -t commit -w --stdin --literally); echo $c > .git/refs/heads/x"
        ),
        Attack(
            "a tree that names a foreign file",
            "t=$(printf '100644 blob %s\\tstolen\\n' $B | git mktree --missing); git update-ref refs/heads/x $(git commit-tree -m x -p HEAD $t)"
        ),
        Attack(
            "a tree that names a foreign file, at HEAD",
            "t=$(printf '100644 blob %s\\tstolen\\n' $B | git mktree --missing); git update-ref HEAD $(git commit-tree -m x -p HEAD $t)"),
        Attack("an index that names a foreign file", "git update-index --add --cacheinfo 100644,$B,stolen"),
        Attack("refs that are a link", "rm -rf .git/refs; ln -s $S/refs .git/refs"),
        Attack("one ref that is a link", "ln -s $S/refs/heads/main .git/refs/heads/x"),
        Attack("objects that are a link", "rm -rf .git/objects; ln -s $S/objects .git/objects; echo $C > .git/refs/heads/x"),
        Attack(
            "a folder of objects that is a link",
            "d=$(echo $C | cut -c1-2); ln -sfn $S/objects/$d .git/objects/$d; ln -sfn $S/objects/pack .git/objects/pack; echo $C > .git/refs/heads/x"
        ),
        Attack("a .git that is a link", "rm -rf .git; ln -s $S .git"),
        Attack("a .git that is a file", "rm -rf .git; echo gitdir: $S > .git"),
        Attack("a commondir", "echo $S > .git/commondir"),
        Attack("a relative commondir", "echo ../../../../../../..$S > .git/commondir"),
        Attack(
            "a worktree elsewhere",
            "mkdir -p .git/worktrees/x; echo $S > .git/worktrees/x/commondir; echo /workspace/x/.git > .git/worktrees/x/gitdir; echo $C > .git/worktrees/x/HEAD; mkdir x; echo gitdir: /workspace/.git/worktrees/x > x/.git"
        ),
        Attack("a nested .git that is a file", "mkdir n; echo gitdir: $S > n/.git; echo n > n/n"),
        Attack("a nested .git that is a link", "mkdir n; ln -s $S n/.git; echo n > n/n"),
        Attack("a submodule's repository that is a link", "mkdir -p .git/modules; ln -s $S .git/modules/module"),
        Attack(
            "a graft", "mkdir -p .git/info; echo \"$(git rev-parse HEAD) $C\" > .git/info/grafts; git commit -qm w --allow-empty || true"),
        Attack("a replacement", "mkdir -p .git/refs/replace; echo $C > .git/refs/replace/$(git rev-parse HEAD)"),
        Attack(
            "a fake shallow file",
            "echo $C > .git/shallow; printf 'tree %s\\nparent %s\\nauthor A <a@b.c> 1 +0000\\ncommitter A <a@b.c> 1 +0000\\n\\nx\\n' $(git rev-parse HEAD^{tree}) $C | git hash-object -t commit -w --stdin --literally > .git/refs/heads/x"
        ),
        Attack("a symbolic ref out of the repository", "echo \"ref: ../../../../../../..$S/refs/heads/main\" > .git/HEAD"),
        Attack("objects by http", "echo file://$S/objects >> .git/objects/info/http-alternates; echo $C > .git/refs/heads/x"),
        Attack(
            "a promisor of the other repository",
            "git config extensions.partialClone o; git config remote.o.url $S; git config remote.o.promisor true; git config core.repositoryFormatVersion 1; echo $C > .git/refs/heads/x"
        ),
        Attack(
            "configuration that includes the other's",
            "git config include.path $S/config; git config core.worktree $S; echo $C > .git/refs/heads/x"),
    ]

    /// A mirror of another project, beside this one's.
    private static func otherProject(_ fixture: SalvageFixture) async throws -> (repository: TestRepository, commit: String, file: String) {
        let repository = TestRepository(path: fixture.host.home.mirrors + "/p_other.git")
        try FileManager.default.createDirectory(atPath: repository.path, withIntermediateDirectories: true)
        try await repository.git(["init", "-q", "--bare", "--template=", "-b", "main"])
        try await repository.git(
            ["fast-import", "--quiet"],
            input: "commit refs/heads/main\ncommitter A <a@b.c> 1700000000 +0000\ndata 5\nOther\nM 100644 inline secret\ndata 7\nsecret\n\n"
        )
        let commit = try await repository.git(["rev-parse", "main"])
        let file = try await repository.git(["rev-parse", "main:secret"])
        return (repository, commit, file)
    }
}
