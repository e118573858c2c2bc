import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("What is not committed in a local repository")
struct UncommittedChangesTests {
    /// A repository with changes of each kind.
    private func repository(_ sam: SamFixture) async throws -> String {
        let path = try await sam.project(
            "site",
            files: [
                "kept.txt": "kept\n", "changed.txt": "old\n", "gone.txt": "gone\n", "staged.txt": "old\n", ".gitignore": "*.log\n",
                "tool.sh": "#!/bin/sh\n",
            ])
        try sam.write("new\n", to: "repositories/site/changed.txt")
        try sam.write("staged\n", to: "repositories/site/staged.txt")
        try await sam.git(["add", "staged.txt"], in: path)
        try sam.write("staged, and changed again\n", to: "repositories/site/staged.txt")
        try FileManager.default.removeItem(atPath: path + "/gone.txt")
        try sam.write("ü\n", to: "repositories/site/sub folder/ünbekannt.txt")
        try sam.write("noise\n", to: "repositories/site/noise.log")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path + "/tool.sh")
        try FileManager.default.createSymbolicLink(atPath: path + "/link", withDestinationPath: "kept.txt")
        return path
    }

    /// Everything of a repository that a person would not want to be changed.
    private func state(_ path: String, _ sam: SamFixture) async throws -> [String] {
        let index = FileManager.default.contents(atPath: path + "/.git/index") ?? Data()
        let files = (FileManager.default.subpaths(atPath: path) ?? []).sorted().filter { !$0.hasPrefix(".git/objects") }
        return [
            index.base64EncodedString(), files.joined(separator: "\n"), try await sam.git(["for-each-ref"], in: path),
            try await sam.git(["rev-parse", "HEAD"], in: path), try await sam.git(["count-objects", "-v"], in: path),
        ]
    }

    @Test("It is mentioned with its count, and the agent sees what is committed; with nothing to say, nothing is said")
    func mentioned() async throws {
        try await SamFixture.with { sam in
            let path = try await repository(sam)
            let before = try await state(path, sam)
            for options in [["--repo", path], ["--project", "site"]] {
                let run = try await sam.sam(["run"] + options + ["--agent", "shell", "cat changed.txt gone.txt; ls"])
                #expect(
                    run.standardError.contains("4 changed and 2 untracked files are not committed, so the agent does not see them."),
                    "\(run.standardError)")
                #expect(run.text.contains("old") && run.text.contains("gone") && !run.text.contains("nbekannt"), "\(run.text)")
            }
            #expect(try await state(path, sam) == before)
            try await sam.git(["add", "-A"], in: path)
            try await sam.git(["commit", "-q", "-m", "All of it"], in: path)
            let clean = try await sam.sam("run", "--repo", path, "--agent", "shell", "cat changed.txt")
            #expect(!clean.standardError.contains("not committed"), "\(clean.standardError)")
            #expect(clean.text.contains("new"))
        }
    }

    @Test(
        "With --include-changes the agent starts from all of it but what is ignored; the repository stays as it is, and landing brings it")
    func included() async throws {
        try await SamFixture.with { sam in
            let path = try await repository(sam)
            let before = try await state(path, sam)
            let run = try await sam.sam(
                "run", "--repo", path, "--include-changes", "--agent", "shell", "--json",
                "cat changed.txt staged.txt 'sub folder/ünbekannt.txt' link; ls; test -x tool.sh && echo runs; git status --porcelain; git log --format='%an: %s' -1; echo mine > mine.txt"
            )
            #expect(run.termination == .exited(0), "\(run.standardError)")
            #expect(try await state(path, sam) == before, "Index, working tree, refs, stash and objects are as they were")
            let session: JSONValue = try JSONLine.decode(from: String(try #require(run.text.split(separator: "\n").last)))
            let id = try #require(session["id"]?.string)
            let events = try await sam.events(id)
            let said = events.filter { $0["kind"] == "message" }.compactMap { $0["payload"]?["text"]?.string }.joined()
            for words in [
                "new\n", "staged, and changed again\n", "ü\n", "kept\n", "runs", "Uncommitted changes: 4 changed and 2 untracked files",
            ] {
                #expect(said.contains(words), "\(words): \(said)")
            }
            #expect(!said.contains("gone.txt") && !said.contains("noise.log"), "\(said)")
            let log = "\(events)"
            #expect(log.contains("not committed, 6 files, as a separate commit") && log.contains("landing brings it, too"), "\(log)")
            #expect(session["result"]?["files"] == 1, "What the agent did is told, not what it was given: \(session)")

            #expect(try await sam.sam("sessions", "land", id).termination == .exited(0))
            let branch = try #require(session["result"]?["branch"]?.string)
            let subjects = try await sam.git(["log", "--format=%s", "main..\(branch)"], in: path).split(separator: "\n")
            #expect(subjects.count == 2 && subjects.last?.hasPrefix("Uncommitted changes") == true, "\(subjects)")
            #expect(try await sam.git(["show", "\(branch):staged.txt"], in: path) == "staged, and changed again\n")
        }
    }

    @Test("Nothing of the repository's runs while it is looked at: no hook, no filter, no file system monitor, nothing of a submodule's")
    func harmless() async throws {
        try await SamFixture.with { sam in
            let path = try await repository(sam)
            let inner = try await sam.repository("inner", files: ["inner.txt": "inner\n"])
            try await sam.git(["-c", "protocol.file.allow=always", "submodule", "add", "-q", inner, "module"], in: path)
            try await sam.git(["commit", "-q", "-m", "Module", "--", ".gitmodules", "module"], in: path)
            let trap = "#!/bin/sh\ntouch \(sam.scratch)/ran-$(basename $0)\ncat\n"
            try sam.write(trap, to: "trap.sh")
            for hook in ["post-index-change", "reference-transaction", "pre-commit", "post-checkout"] {
                try sam.write(trap, to: "repositories/site/.git/hooks/\(hook)")
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path + "/.git/hooks/\(hook)")
            }
            let script = sam.scratch + "/trap.sh"
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
            for (folder, key) in [
                (path, "core.fsmonitor"), (path, "filter.evil.clean"), (path, "filter.evil.process"), (path, "filter.other.clean"),
                (path + "/module", "core.fsmonitor"),
            ] { try await sam.git(["config", key, script], in: folder) }
            try await sam.git(["config", "filter.evil.required", "true"], in: path)
            try sam.write("*.txt filter=evil\n*.sh filter=other\n", to: "repositories/site/.git/info/attributes")
            try sam.write("dirty\n", to: "repositories/site/module/inner.txt")
            // As after a checkout: what the files were is not known any more, so that they have to be looked at.
            for file in ["changed.txt", "kept.txt", "tool.sh"] {
                try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: "\(path)/\(file)")
            }
            for options in [[], ["--include-changes"]] {
                let run = try await sam.sam(["run", "--repo", path, "--agent", "shell"] + options + ["cat changed.txt"])
                #expect(run.termination == .exited(0), "\(run.standardError)")
                #expect(run.text.contains(options.isEmpty ? "old" : "new"), "\(run.text)")
            }
            let ran = try FileManager.default.contentsOfDirectory(atPath: sam.scratch).filter { $0.hasPrefix("ran-") }
            #expect(ran == [])

            // The trap works where git is let do as it pleases.
            let git = try #require(Program.find("git"))
            _ = try await Command(git, ["status"], environment: ["HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: path)
                .run()
            #expect(try FileManager.default.contentsOfDirectory(atPath: sam.scratch).contains { $0.hasPrefix("ran-") })
        }
    }

    @Test("Where there is nothing that could be brought, that is said; where nothing changed, the session starts from what is committed")
    func nothing() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.project("site")
            let clean = try await sam.sam("run", "--repo", path, "--include-changes", "--agent", "shell", "cat README.md")
            #expect(clean.termination == .exited(0) && clean.text.contains("# A project"), "\(clean.standardError)")
            let bare = sam.scratch + "/bare.git"
            try await sam.git(["clone", "-q", "--bare", path, bare], in: sam.scratch)
            let refused = try await sam.sam("run", "--repo", bare, "--include-changes", "--agent", "shell", "ls")
            #expect(
                refused.termination == .exited(1) && refused.standardError.contains("--include-changes needs"), "\(refused.standardError)")
        }
    }

    @Test("A pack that is invalid, too large, or not of this machine's repository is refused, and leaves nothing")
    func hostile() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.project("site")
            let commit = String(try await sam.git(["rev-parse", "HEAD"], in: path).prefix(40))
            let sessions = { try await sam.json("sessions", "list")["sessions"]?.elements?.count }
            for (changes, words) in [
                (["commit": .string(commit), "pack": "%"], "base64"),
                (["commit": .string(commit), "pack": "AAAA"], "no commit with its pack"),
                (["commit": "HEAD", "pack": "UEFDSw=="], "no commit with its pack"),
                (["commit": "--output=x", "pack": "UEFDSw=="], "no commit with its pack"),
                (["commit": .string(commit)], "pack"),
            ] as [([String: JSONValue], String)] {
                let reply = try await sam.call(
                    .POST, "/api/v1/sessions", ["project": "site", "agent": "shell", "prompt": "ls", "changes": .object(changes)])
                #expect(reply.status >= 400 && reply.status < 500 && reply.text.contains(words), "\(reply.text)")
            }
            #expect(try await sessions() == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: sam.home + "/sessions") == [])
            // A pack that git's checks refuse ends its session with their words.
            let reply = try await sam.call(
                .POST, "/api/v1/sessions",
                ["project": "site", "agent": "shell", "prompt": "ls", "changes": ["commit": .string(commit), "pack": "UEFDSwAAAAIAAAAB"]])
            let id = try #require(reply["id"]?.string, "\(reply.text)")
            let session = try await sam.finish(id)
            #expect(session["failure"]?["message"]?.string?.contains("refused by git's checks") == true, "\(session)")
        }
    }
}
