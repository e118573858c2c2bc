import AgentProtocol
import Processes
import Testing

@testable import SystemSupport

@Suite("A session in a linked worktree")
struct LinkedWorktreeTests {
    @Test(
        "It starts from what is checked out there: a branch, a packed one, one with a slash, or a commit by itself; the label is true",
        arguments: ["feature", "packed", "team/feature", "detached"])
    func starts(_ name: String) async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("site", files: ["main.txt": "main\n"])
            let tree = sam.scratch + "/tree"
            try await sam.git(["worktree", "add", "-q", "-b", name, tree], in: path)
            try sam.write("theirs\n", to: "tree/own.txt")
            try await sam.git(["add", "-A"], in: tree)
            try await sam.git(["commit", "-q", "-m", "Own"], in: tree)
            let head = String(try await sam.git(["rev-parse", "HEAD"], in: tree).prefix(40))
            if name == "packed" { try await sam.git(["pack-refs", "--all"], in: path) }
            if name == "detached" { try await sam.git(["checkout", "-q", "--detach"], in: tree) }
            try sam.write("x\n", to: "tree/untracked.txt")
            for folder in [tree, tree + "/"] {
                let run = try await sam.sam("run", "--repo", folder, "--agent", "shell", "cat own.txt; git rev-parse HEAD")
                #expect(run.termination == .exited(0), "\(run.standardError)")
                #expect(run.text.contains("theirs") && run.text.contains(head), "\(run.text)")
                let start = name == "detached" ? "the commit that is checked out there" : "its branch \(name)"
                #expect(
                    run.text.contains("\(tree) is a linked worktree of \(path). The session starts from \(start), at \(head.prefix(12))."),
                    "\(run.text)")
                #expect(run.text.contains("from commit \(head.prefix(12))\n") && !run.text.contains("of main"), "\(run.text)")
                #expect(run.standardError.contains("1 untracked file is not committed"), "\(run.standardError)")
            }
            // Beside it: the repository itself, and the project by its name.
            for options in [["--repo", path], ["--project", "site"]] {
                let run = try await sam.sam(["run"] + options + ["--agent", "shell", "ls"])
                #expect(run.text.contains(" of main") && !run.text.contains("own.txt") && !run.text.contains("worktree"), "\(run.text)")
            }
        }
    }

    @Test("With --include-changes it starts from the worktree's files on top of its HEAD, and is not called main's")
    func included() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("site", files: ["main.txt": "main\n"])
            let tree = sam.scratch + "/tree"
            try await sam.git(["worktree", "add", "-q", "-b", "feature", tree], in: path)
            try sam.write("theirs\n", to: "tree/own.txt")
            try await sam.git(["add", "-A"], in: tree)
            try await sam.git(["commit", "-q", "-m", "Own"], in: tree)
            try sam.write("new\n", to: "tree/new.txt")
            let run = try await sam.sam("run", "--repo", tree, "--include-changes", "--agent", "shell", "cat own.txt new.txt")
            #expect(run.termination == .exited(0), "\(run.standardError)")
            #expect(run.text.contains("theirs") && run.text.contains("new") && !run.text.contains("of main"), "\(run.text)")
        }
    }

    @Test("A commit that is checked out there and on no branch is refused with what to do; with a branch it is taken")
    func lost() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("site", files: ["main.txt": "main\n"])
            let tree = sam.scratch + "/tree"
            try await sam.git(["worktree", "add", "-q", "--detach", tree], in: path)
            try await sam.git(["commit", "-q", "--allow-empty", "-m", "Nowhere"], in: tree)
            let refused = try await sam.sam("run", "--repo", tree, "--agent", "shell", "ls")
            #expect(refused.termination == .exited(1) && refused.text.contains("is on no branch of its repository"), "\(refused.text)")
            try await sam.git(["branch", "kept"], in: tree)
            #expect(try await sam.sam("run", "--repo", tree, "--agent", "shell", "ls").termination == .exited(0))
        }
    }
}
