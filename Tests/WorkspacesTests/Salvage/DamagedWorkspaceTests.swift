import Accounts
import Foundation
import Processes
import Testing

@testable import Workspaces

/// The kind: workspaces that an agent damaged, closed or emptied.
@Suite("Damaged workspaces", .serialized)
struct DamagedWorkspaceTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var script: String
        /// What differs from the base on the branch; "gone" for what is not there any more.
        var changes: [String: String]

        init(_ name: String, _ script: String, _ changes: [String: String]) {
            testDescription = name
            self.script = script
            self.changes = changes
        }
    }

    @Test("What can be brought out is on the branch, and nothing is said to remain", arguments: damages)
    func arrives(_ damage: Damage) async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("set -e\n" + damage.script)
            let result = try await workspace.salvage()
            #expect(result.branch == workspace.branch)
            #expect(try await fixture.mirror.changes(from: workspace.base, to: result.commit) == damage.changes)
            #expect(result.remaining == [])
        }
    }

    private static let damages = [
        Damage("a repository without a commit", "git init -q vendor/sub; echo x > vendor/sub/x", ["vendor/sub/x": "x\n"]),
        Damage("a file of mode 000", "echo x > x; chmod 000 x", ["x": "x\n"]),
        Damage("a folder of mode 000", "mkdir d; echo x > d/x; chmod 000 d", ["d/x": "x\n"]),
        Damage("a damaged index", "echo x > x; echo junk > .git/index", ["x": "x\n"]),
        Damage("an index that was removed, and a lock left", "echo x > x; rm .git/index; touch .git/index.lock", ["x": "x\n"]),
        Damage("a damaged configuration", "echo x > x; echo '[junk' > .git/config", ["x": "x\n"]),
        Damage(
            "an unborn branch with one file", "git checkout -q --orphan new; echo x > README.md; git add README.md", ["README.md": "x\n"]),
        Damage("the repository removed", "echo x > x; rm -rf .git", ["x": "x\n"]),
        Damage("a HEAD that names no ref", "echo x > x; echo junk > .git/HEAD", ["x": "x\n"]),
        Damage("what info/exclude hides", "echo x > x; mkdir -p .git/info; echo x > .git/info/exclude", ["x": "x\n"]),
        Damage(
            "what the configuration hides", "echo x > x; echo x > .git/mine; git config core.excludesFile \"$PWD/.git/mine\"", ["x": "x\n"]),
        Damage("an ignored file that was added by force", "echo x > a.log; git add -f a.log", ["a.log": "x\n"]),
        Damage(
            "an edit of equal size with its time put back",
            "touch -r README.md /tmp/t; echo '# A PROJECT' > README.md; touch -r /tmp/t README.md", ["README.md": "# A PROJECT\n"]),
        Damage("a submodule's .git of mode 000", "git worktree add -q --detach module; chmod 000 module/.git; echo x > x", ["x": "x\n"]),
        Damage("a submodule's .git that is junk", "mkdir -p module; echo junk > module/.git; echo x > x", ["x": "x\n"]),
        Damage("a folder's .git that is junk", "mkdir sub; echo junk > sub/.git; echo x > sub/x", ["sub/x": "x\n"]),
        Damage("a submodule that became a link", "rm -rf module; ln -s src module", ["module": "->src"]),
        Damage("refs that lead in a circle", "mkdir .git/refs/q; ln -s . .git/refs/q/a; ln -s .. .git/refs/q/b; echo x > x", ["x": "x\n"]),
        Damage("a nested .git that leads to the root", "mkdir d; echo 'gitdir: /' > d/.git; echo x > d/x", ["d/x": "x\n"]),
        Damage("a branch that names a file", "git hash-object -w README.md > .git/refs/heads/x; echo x > x", ["x": "x\n"]),
        Damage(
            "what the base ignores, in a repository of the agent's", "git init -q sub; echo k > sub/k.log; echo s > sub/s", ["sub/s": "s\n"]
        ),
        Damage(
            "what the base ignores, added in a repository of the agent's", "git init -q sub; echo k > sub/k.log; git -C sub add k.log",
            ["sub/k.log": "k\n"]),
        Damage("a pipe", "echo x > x; mkfifo p", ["x": "x\n"]),
        Damage("a pipe where a file was", "rm README.md; mkfifo README.md", ["README.md": "gone"]),
        Damage(
            "a file that became a folder", "rm README.md; mkdir README.md; echo x > README.md/x",
            ["README.md": "gone", "README.md/x": "x\n"]),
    ]

    @Test("An agent that removed everything is told of, and nothing is said to be kept")
    func emptied() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("find . -mindepth 1 -delete")
            let result = try await workspace.salvage()
            #expect(result.branch == nil && result.remaining == [])
            #expect(result.notes.contains { $0.contains("empty") })
            #expect(!result.isEmpty, "It is not said to have changed nothing")
        }
    }

    @Test("Every file removed on an unborn branch is a change")
    func orphan() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("git checkout -q --orphan new; git rm -rfq .")
            let result = try await workspace.salvage()
            #expect(result.branch == workspace.branch)
            let tree = try await fixture.mirror.tree(result.commit)
            #expect(tree == [:])
        }
    }

    @Test("History that git's checks refuse: the files come alone, the rest is named, and a second try finds the same")
    func refused() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run(
                """
                set -e
                echo w > w; git add w
                printf 'tree %s\\nparent %s\\nauthor A <a@b.c> x +0000\\ncommitter A <a@b.c> x +0000\\n\\nbad\\n' $(git write-tree) $(git rev-parse HEAD) > /tmp/c
                git update-ref HEAD $(git hash-object -t commit -w --literally /tmp/c)
                """)
            let result = try await workspace.salvage()
            #expect(try await fixture.mirror.changes(from: workspace.base, to: result.commit) == ["w": "w\n"])
            #expect(result.remaining.contains { $0.contains("git's checks") })
            await fixture.host.cleanUp(workspace.session, of: fixture.project.id, keepingWorkspace: true, keepingHome: false)
            #expect(await fixture.host.keptWorkspace(workspace.session) == workspace.path)
            let again = try await workspace.salvage()
            #expect(again.branch == result.branch)
            #expect(again.remaining == result.remaining)
            #expect(try await fixture.mirror.changes(from: workspace.base, to: again.commit) == ["w": "w\n"])
        }
    }

    @Test("A .gitmodules that git's checks refuse is named, and what stands beside it arrives")
    func refusedModules() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("printf '[submodule \"../x\"]\\n path = x\\n url = -x\\n' > .gitmodules; echo w > w")
            let result = try await workspace.salvage()
            #expect(try await fixture.mirror.changes(from: workspace.base, to: result.commit) == ["w": "w\n"])
            #expect(result.remaining.contains { $0.contains(".gitmodules") })
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var script: String
        /// What `remaining` says.
        var says: String
    }

    @Test("What can't be brought out is named, and what stands beside it arrives", arguments: refusals)
    func named(_ refusal: Refusal) async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("echo w > w; (set -e\n\(refusal.script)\n)")
            let result = try await workspace.salvage()
            #expect(try await fixture.mirror.tree(result.commit)["w"] != nil, "\(result)")
            #expect(result.remaining.contains { $0.contains(refusal.says) }, "\(result.remaining)")
        }
    }

    private static let badModules = "printf '[submodule \"../x\"]\\n path = x\\n url = -x\\n'"

    private static let refusals = [
        Refusal(testDescription: "a name that HFS+ takes for .git", script: "echo x > \"$(printf '.g\\342\\200\\214it')\"", says: "git"),
        Refusal(testDescription: ".gitmodules in capitals", script: badModules + " > .GITMODULES", says: ".GITMODULES"),
        Refusal(testDescription: "a short name of .gitmodules", script: badModules + " > gitmod~1", says: "gitmod~1"),
        Refusal(
            testDescription: "a bad .gitmodules in a repository's history",
            script: "git init -q sub; cd sub; \(badModules) > .gitmodules; git add .; git commit -qm m", says: "sub"),
        Refusal(
            testDescription: "a repository of SHA-256",
            script: "git init -q --object-format=sha256 sub; cd sub; echo s > s; git add s; git commit -qm s", says: "SHA-256"),
        Refusal(
            testDescription: "a damaged object",
            script:
                "c=$(git commit-tree -m x HEAD^{tree}); f=.git/objects/$(echo $c | cut -c1-2)/$(echo $c | cut -c3-); chmod u+w $f; : > $f",
            says: "objects of the workspace"),
        Refusal(testDescription: "a branch without its commit", script: "printf '%040d\\n' 7 > .git/refs/heads/gone", says: "gone"),
        Refusal(
            testDescription: "folders deeper than a path can name",
            script: "python3 -c 'import os; [(os.mkdir(\"d\" * 200), os.chdir(\"d\" * 200)) for _ in range(25)]; open(\"f\", \"w\")'",
            says: "can't be looked at"),
        Refusal(
            testDescription: "a link that is called .gitmodules in HEAD's tree", script: committed("120000 blob $o\\t.gitmodules"),
            says: "branch"),
        Refusal(testDescription: "a file that is called .git in HEAD's tree", script: committed("100644 blob $o\\t.git"), says: "branch"),
        Refusal(testDescription: "a folder that is called .. in HEAD's tree", script: committed("040000 tree $t\\t.."), says: "branch"),
        Refusal(
            testDescription: "a link that is called .gitmodules in a submodule's folder",
            script: "echo m > module/m; ln -s m module/.gitmodules", says: "module/.gitmodules"),
    ]

    /// Commits HEAD's tree with an entry that git takes into no index.
    private static func committed(_ entry: String) -> String {
        """
        o=$(git hash-object -w README.md); t=$(git rev-parse HEAD^{tree})
        n=$( (git ls-tree HEAD; printf "\(entry)\\n") | git mktree); git update-ref HEAD $(git commit-tree -m n -p HEAD $n)
        """
    }

    @Test(
        "Files in a submodule's folder arrive though its .git is not a repository",
        arguments: ["mkdir -p module/.git/info", "mkdir -p module; echo junk > module/.git", "mkdir -p module; ln -s nowhere module/.git"])
    func looseFiles(_ start: String) async throws {
        try await SalvageFixture.with { fixture in
            let result = try await fixture.workspace().leave("\(start); echo m > module/m; mkdir module/d; echo d > module/d/d")
            #expect(result.others.count == 1, "\(result)")
        }
    }

    @Test("With the repository gone, a repository in the workspace arrives all the same")
    func nestedAlone() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run(
                "find . -mindepth 1 -delete; git init -q -b main sub; cd sub; echo s > s; git add s; git commit -qm s; rm s")
            let result = try await workspace.salvage()
            let nested = try #require(result.others.first { $0.name == "sub/heads/main" })
            #expect(try await fixture.mirror.tree(nested.commit)["s"] != nil)
        }
    }

    @Test("A later salvage that finds other work keeps what the first brought out")
    func earlierResult() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("echo w > w; git add w; git commit -qm w")
            let first = try await workspace.salvage()
            try await workspace.run("rm -rf .git; echo x > x")
            let second = try await workspace.salvage()
            #expect(second.commit != first.commit)
            #expect(second.others.contains { $0.commit == first.commit })
            let kept = try await fixture.mirror.refs("refs/sam/work/")
            #expect(kept.values.contains(first.commit))
        }
    }

    @Test("An earlier result that a branch of the later one holds is named once")
    func heldEarlierResult() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("git checkout -qb good; echo w > w; git add w; git commit -qm w")
            let first = try await workspace.salvage()
            try await workspace.run("git checkout -qb other origin/main; echo x > x; git add x; git commit -qm x")
            let second = try await workspace.salvage()
            #expect(second.commit != first.commit)
            #expect(second.others.filter { $0.commit == first.commit }.map(\.name) == ["good"])
        }
    }

    @Test("A link that is called .gitmodules, which git passes over in silence, is named")
    func linkedModules() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("ln -sf README.md .gitmodules; echo w > w")
            let result = try await workspace.salvage()
            #expect(try await fixture.mirror.changes(from: workspace.base, to: result.commit) == ["w": "w\n"])
            #expect(result.remaining.contains { $0.contains(".gitmodules") })
        }
    }

    @Test("One changed file among 3,000 makes as many objects as one among few, and stands alone in the index")
    func growth() async throws {
        let files = Dictionary(uniqueKeysWithValues: (0..<3_000).map { ("many/\($0 % 30)/\($0).txt", "\($0)\n") })
        try await SalvageFixture.with(files: files) { fixture in
            let workspace = try await fixture.workspace()
            func count() async throws -> Int {
                let text = try await fixture.mirror.git(["count-objects", "-v"])
                let counts = text.split(separator: "\n").filter { $0.hasPrefix("count: ") || $0.hasPrefix("in-pack: ") }
                return counts.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
            }
            let before = try await count()
            try await workspace.run("echo changed > many/7/7.txt")
            let result = try await workspace.salvage()
            #expect(result.files == 1 && result.remaining == [])
            #expect(before > 3_000)
            #expect(try await count() - before <= 10, "A file, three trees and a commit, and what git packs them against")
        }
    }

    @Test("Ignored files are counted by folder, and those that the agent keeps for itself apart")
    func ignored() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("mkdir -p build/a .mine/s; touch build/1 build/a/2 x.log .mine/s/1 .mine/2; echo w > w")
            let result = try await workspace.salvage(leavesBehind: [".mine/"])
            #expect(try await fixture.mirror.changes(from: workspace.base, to: result.commit) == ["w": "w\n"])
            #expect(
                Set(result.ignored) == [
                    IgnoredFiles(folder: "build", files: 2), IgnoredFiles(folder: "", files: 1),
                    IgnoredFiles(folder: ".mine", files: 2, areLeftBehind: true),
                ])
        }
    }

    @Test("What the base ignores stays behind although the agent removed the list")
    func unignored() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("rm .gitignore; mkdir build; echo y > build/y; echo w > w")
            let result = try await workspace.salvage()
            let changes = try await fixture.mirror.changes(from: workspace.base, to: result.commit)
            #expect(changes == ["w": "w\n", ".gitignore": "gone"])
        }
    }

    @Test("A repository in an ignored folder stays behind and is counted, as what package managers check out")
    func ignoredRepository() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("git init -q build/dep; cd build/dep; echo d > d; git add d; git commit -qm d; cd ../..; echo w > w")
            let result = try await workspace.salvage()
            #expect(try await fixture.mirror.changes(from: workspace.base, to: result.commit) == ["w": "w\n"])
            #expect(result.others == [] && result.ignored.map(\.folder) == ["build"])
        }
    }

    @Test("Hooks, filters and monitors that an agent plants run nowhere")
    func planted() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run(
                """
                printf '#!/bin/sh\\ntouch /workspace/RAN\\n' > .git/run; chmod +x .git/run
                mkdir -p .git/hooks; for h in pre-commit post-commit reference-transaction post-index-change; do cp .git/run .git/hooks/$h; done
                git config filter.f.clean /workspace/.git/run; git config core.fsmonitor /workspace/.git/run
                git config uploadpack.packObjectsHook /workspace/.git/run; git config core.alternateRefsCommand /workspace/.git/run
                echo '*.txt filter=f' > .gitattributes; echo hello > h.txt
                """)
            let result = try await workspace.salvage()
            #expect(
                try await fixture.mirror.changes(from: workspace.base, to: result.commit)
                    == [".gitattributes": "*.txt filter=f\n", "h.txt": "hello\n"])
        }
    }
}
