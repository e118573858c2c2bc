import Accounts
import Testing

@testable import Workspaces

/// The kind: commits that no ref reaches any more.
@Suite("Commits that no ref reaches", .serialized)
struct LostCommitsTests {
    @Test("They are in a repository of the session's own, whatever the reflogs say", arguments: cases)
    func arrives(_ left: LeftCase) async throws { try await left.check() }

    @Test("Nothing that another session's sandbox can read has them, and salvage finds the same again")
    func hidden() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let result = try await workspace.leave("echo secret > s; git add s; git commit -qm s; git reset -q --hard HEAD~1")
            let lost = try #require(result.others.first { $0.kind == .lost })
            let other = try await fixture.workspace()
            #expect(try await other.run("git cat-file -e \(lost.commit) 2>/dev/null && echo seen || echo no") == "no")
            let again = try await workspace.salvage()
            #expect(Set(again.others).isSuperset(of: result.others))
            #expect(again.commit == result.commit && again.branch == result.branch)
            #expect(lost.repository == .session)
            #expect(!workspace.repository(of: lost).path.hasPrefix(workspace.path + "/"), "It does not go with the workspace")
            await fixture.host.forget(workspace.session, of: fixture.project.id, withWork: false)
            #expect(!(try await fixture.mirror.has(lost.commit)))
        }
    }

    private static let cases: [LeftCase] = [
        LeftCase("reset away", "echo w > w; keep w; git reset -q --hard HEAD~1", nil, [.init(.lost, nil, ["w": "w\n"])]),
        LeftCase(
            "two in a row, reset away", "echo w > w; keep w; echo v > v; keep v; git reset -q --hard HEAD~2; rm -rf .git/logs", nil,
            [.init(.lost, nil, ["w": "w\n", "v": "v\n"])]),
        LeftCase(
            "amended", "echo w > w; keep w; echo x > w; git add w; git commit -q --amend -m better", ["w": "x\n"],
            [.init(.lost, nil, ["w": "w\n"])]),
        LeftCase(
            "a dropped stash", "echo s >> README.md; git stash -q; git stash drop -q", nil,
            [.init(.lost, nil, ["README.md": "# A project\ns\n"])]),
        LeftCase(
            "a deleted branch", "git checkout -qb feat; echo f > f; keep f; git checkout -q \"$BRANCH\"; git branch -qD feat", nil,
            [.init(.lost, nil, ["f": "f\n"])]),
        LeftCase(
            "the session's own branch deleted under a detached HEAD",
            "echo w > w; keep w; git checkout -q --detach origin/main; git branch -qD \"$BRANCH\"", nil, [.init(.lost, nil, ["w": "w\n"])]),
        LeftCase(
            "a rebase to its end",
            "echo w > w; keep w; git checkout -qb onto HEAD~1; echo o > o; keep o; git checkout -q -; git rebase -q onto",
            ["w": "w\n", "o": "o\n"], [.init(.lost, nil, ["w": "w\n"])]),
        LeftCase(
            "without reflogs, packed",
            "git config core.logAllRefUpdates false; echo w > w; keep w; git repack -qa; git reset -q --hard HEAD~1", nil,
            [.init(.lost, nil, ["w": "w\n"])]),
        LeftCase(
            "made by git commit-tree and never named",
            "echo w > w; git add w; git commit-tree -p HEAD -m w $(git write-tree) >/dev/null; git reset -q --hard", nil,
            [.init(.lost, nil, ["w": "w\n"])]),
        LeftCase(
            "a rebase that stopped in the middle",
            """
            echo one > README.md; keep one; echo t > t; keep t; git checkout -qb onto origin/main; echo o > README.md; keep o
            git checkout -q "$BRANCH"; git rebase -q onto >/dev/null 2>&1 || true; git checkout -q --ours README.md
            """, ["README.md": "o\n"], [.init(.heads, nil, ["README.md": "one\n", "t": "t\n"])]),
    ]
}
