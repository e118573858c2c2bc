import Accounts
import Testing

@testable import Workspaces

/// The kind: work that is in the repository, and not where HEAD is.
@Suite("Work that no branch of the session's names", .serialized)
struct LeftRefsTests {
    @Test("Whatever ref it is in, it arrives under its own name, and HEAD's work is the result", arguments: cases)
    func arrives(_ left: LeftCase) async throws { try await left.check() }

    @Test("The same without a sandbox", arguments: cases.prefix(4))
    func unsandboxed(_ left: LeftCase) async throws { try await left.check(.none) }

    @Test("Nothing at all is no result, and it is the only time that it is said to be nothing", arguments: nothing)
    func nothingNew(_ left: LeftCase) async throws {
        try await SalvageFixture.with { fixture in
            let result = try await fixture.workspace().leave(left.script)
            #expect(result.isEmpty, "\(result)")
            #expect(result.others == [])
        }
    }

    private static let nothing = [
        LeftCase("untouched", "true", nil),
        LeftCase("a file written again as it was", "cat run.sh > x; cat x > run.sh; rm x; touch -d @1 README.md", nil),
        LeftCase("a branch and a tag on the base", "git branch feat; git tag v9; git checkout -q feat", nil),
        LeftCase("an empty folder", "mkdir -p a/b", nil),
        LeftCase("ignored files alone", "echo x > a.log; mkdir build; echo y > build/y", nil),
    ]

    private static let allGone = Dictionary(
        [
            "README.md", ".gitignore", "src/main.c", "src/deep/one.txt", "docs/guide.md", ".gitmodules", "run.sh", "link", "module",
        ].map { ($0, "gone") }, uniquingKeysWith: { $1 })

    private static let cases: [LeftCase] = [
        LeftCase(
            "a commit, and HEAD back at the origin's branch", "echo work>w; git add .; git commit -qm work; git checkout -q origin/main",
            ["w": "work\n"]),
        LeftCase(
            "a branch of its own, and HEAD back", "git checkout -qb feat; echo f > f; keep f; git checkout -q -", nil,
            [.init(.heads, "feat", ["f": "f\n"])]),
        LeftCase("HEAD on a branch of its own", "git checkout -qb feat; echo f > f; keep f", ["f": "f\n"]),
        LeftCase("a detached HEAD with commits", "git checkout -q --detach; echo d > d; keep d; rm d; echo e > e", ["e": "e\n"]),
        LeftCase(
            "a detached HEAD with commits, and others on the session's branch",
            "echo w > w; keep w; git checkout -q --detach HEAD~1; echo d > d; keep d", ["d": "d\n"],
            [.init(.heads, nil, ["w": "w\n"])]),
        LeftCase(
            "the session's branch with a commit, HEAD elsewhere with a file that is not committed",
            "echo w > w; keep w; git checkout -q origin/main; echo f > f", ["f": "f\n"], [.init(.heads, nil, ["w": "w\n"])]),
        LeftCase(
            "a branch a and a tag a/b",
            "git checkout -qb a; echo a > a.txt; keep a; git checkout -q --detach origin/main; echo b > b.txt; keep b; git tag a/b; git checkout -q \"$BRANCH\"",
            nil, [.init(.heads, "a", ["a.txt": "a\n"]), .init(.tags, "a/b", ["b.txt": "b\n"])]),
        LeftCase(
            "branches whose names differ in their case alone, and in what is no letter",
            """
            for name in X x 'x%2f' 'x-y' 'é' 'refs/heads/x'; do
              git checkout -q --detach origin/main; echo "$name" > n.txt; keep n; git update-ref "refs/heads/q/$name" HEAD
            done
            git checkout -q "$BRANCH"
            """, nil,
            ["X", "x%2f", "x-y", "refs/heads/x"].map { LeftCase.Other(.heads, "q/\($0)", ["n.txt": "\($0)\n"]) }
                + [.init(.heads, nil, ["n.txt": "é\n"].mapValues { latin($0.utf8) })]
                + [.init(.heads, "q/x", ["n.txt": "x\n"])]),
        LeftCase(
            "a branch with a name of 240 bytes",
            "git checkout -q --detach; echo l > l; keep l; git update-ref refs/heads/$(printf '%0240d' 0) HEAD; git checkout -q \"$BRANCH\"",
            nil,
            [.init(.heads, String(repeating: "0", count: 240), ["l": "l\n"])]),
        LeftCase(
            "branches that are called as SAM would call them",
            """
            for name in "sam/$SESSION/1-feat" feat "sam/$SESSION/2-feat" "sam/work/$SESSION"; do
              git checkout -q --detach origin/main; echo "$name" | sed s/$SESSION/S/ > n.txt; keep n; git branch "$name"
            done
            git checkout -q "$BRANCH"
            """, nil,
            [
                .init(.heads, nil, ["n.txt": "sam/S/1-feat\n"]), .init(.heads, "feat", ["n.txt": "feat\n"]),
                .init(.heads, nil, ["n.txt": "sam/S/2-feat\n"]), .init(.heads, nil, ["n.txt": "sam/work/S\n"]),
            ]),
        LeftCase(
            "the session's branch replaced by a folder of branches",
            "git checkout -q --detach; git branch -qD \"$BRANCH\"; echo l > l; keep l; git branch \"$BRANCH/x\"; git checkout -q origin/main",
            nil,
            [.init(.heads, nil, ["l": "l\n"])]),
        LeftCase(
            "a merge of three branches",
            """
            for n in 1 2 3; do git checkout -q -b b$n origin/main; echo $n > $n; keep $n; done
            git checkout -q "$BRANCH"; git merge -q b1 b2 b3 -m all
            """, ["1": "1\n", "2": "2\n", "3": "3\n"]),
        LeftCase(
            "tags: on a new commit, with words on the base, of a tag, of a file",
            """
            git checkout -q --detach; echo t > t; keep t; git tag light; git tag -a words -m Words; git tag -a twice -m Twice words
            git tag -a base -m Base origin/main; git tag blob $(echo blob | git hash-object -w --stdin); git checkout -q "$BRANCH"
            git tag -d blob
            """, nil,
            [
                .init(.tags, "light", ["t": "t\n"]), .init(.tags, "words", ["t": "t\n"]), .init(.tags, "twice", ["t": "t\n"]),
                .init(.tags, "base", [:]),
            ]),
        LeftCase(
            "a stash, and one with what was not tracked",
            "echo s >> README.md; git stash -q; echo u > u; git stash -q -u", nil,
            [.init(.stash, nil, ["README.md": "# A project\ns\n"]), .init(.stash, nil, [:])]),
        LeftCase(
            "a file that stands in the index alone", "echo only > new; git add new; rm new; git checkout -q HEAD README.md",
            nil, [.init(.refs, "staged", ["new": "only\n"])], isNoted: true),
        LeftCase(
            "an index that differs from its file", "echo staged > README.md; git add README.md; echo file > README.md",
            ["README.md": "file\n"], [.init(.refs, "staged", ["README.md": "staged\n"])], isNoted: true),
        LeftCase(
            "a removed worktree with a staged file", "git worktree add -q wt -b feat; (cd wt; echo s > s; git add s); rm -rf wt", nil,
            [.init(.nested, "wt/staged", ["s": "s\n"])]),
        LeftCase(
            "two submodules of one name that are checked out nowhere",
            """
            for p in a b; do
              git init -q --bare -b main .git/modules/$p/lib
              (cd .git/modules/$p/lib; git update-ref refs/heads/main $(git commit-tree -m $p $(git mktree </dev/null)))
            done
            """, nil,
            [.init(.nested, "a/lib/heads/main", allGone), .init(.nested, "b/lib/heads/main", allGone)]),
        LeftCase(
            "refs of other kinds",
            """
            git checkout -q --detach; echo r > r; keep r; git update-ref refs/remotes/fork/main HEAD; git update-ref refs/custom/deep/x HEAD
            git checkout -q "$BRANCH"
            """, nil, [.init(.refs, nil, ["r": "r\n"]), .init(.refs, nil, ["r": "r\n"])]),
        LeftCase(
            "a merge that stopped at a conflict",
            """
            git checkout -qb feat; echo theirs > README.md; keep theirs; git checkout -q "$BRANCH"; echo ours > README.md; keep ours
            git merge -q feat || true
            """, ["README.md": "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> feat\n"], [.init(.heads, "feat", ["README.md": "theirs\n"])]),
    ]
}
