import AgentProtocol
import Foundation
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// Bad and odd repositories, from outside. One after the other: each case has a server and a sandbox of its own.
@Suite("Repositories", .serialized)
struct RepositoryTests {
    // MARK: - Refused

    @Test("An address without a repository is refused in one sentence, and nothing is added", arguments: RefusedAddress.all)
    func refused(_ refused: RefusedAddress) async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("project", files: ["README.md": "# A project\n"])
            try sam.write("not a repository\n", to: "plain/file.txt")
            try FileManager.default.createDirectory(atPath: sam.scratch + "/empty", withIntermediateDirectories: true)
            try await sam.git(["init", "-q", "-b", "main"], in: sam.scratch + "/empty")
            if refused.address.hasSuffix("/lent") {
                try await sam.git(["clone", "-q", "--shared", path, sam.scratch + "/lent"], in: sam.scratch)
            }
            let address = refused.address
                .replacingOccurrences(of: "REPOSITORY", with: path)
                .replacingOccurrences(of: "SCRATCH", with: sam.scratch)
                .replacingOccurrences(of: "CANARY", with: sam.scratch + "/canary")

            let output = try await sam.sam("projects", "add", "--name", "project", "--", address)
            #expect(output.termination == .exited(1))
            expectOneSentence("\(output.standardError)", saying: refused.says)
            #expect(!FileManager.default.fileExists(atPath: sam.scratch + "/canary"), "Nothing in an address is run")
            #expect(try await projects(sam).isEmpty)

            let log = (try? String(contentsOfFile: sam.home + "/server.log", encoding: .utf8)) ?? ""
            #expect(!"\(output.standardError)\(log)".contains("hunter2"), "A password is not repeated")

            try await add(sam, path)
            #expect(try await projects(sam).count == 1, "The repository itself is taken by its plain path")
        }
    }

    @Test("A linked worktree means the repository that it belongs to, which is named; both are one project")
    func worktree() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("project", files: ["README.md": "# A project\n"])
            try await sam.git(["worktree", "add", "-q", "-b", "side", sam.scratch + "/tree"], in: path)
            let added = try await sam.sam("projects", "add", sam.scratch + "/tree")
            #expect(added.termination == .exited(0), "\(added.standardError)")
            #expect(added.standardError.contains("is a worktree of \(path)"), "\(added.standardError)")
            let run = try await sam.sam("run", "--repo", sam.scratch + "/tree", "--agent", "shell", "echo x > new.txt")
            #expect(run.termination == .exited(0), "\(run.standardError)")
            let plain = try await sam.sam("run", "--repo", path, "--agent", "shell", "echo x > new.txt")
            #expect(plain.termination == .exited(0) && !plain.standardError.contains("worktree"), "\(plain.standardError)")
            #expect(try await projects(sam).count == 1)
        }
    }

    @Test("A HEAD that names no branch is an error that mentions HEAD")
    func headNamesNothing() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("project", files: ["README.md": "# A project\n"])
            try await sam.git(["symbolic-ref", "HEAD", "refs/heads/nowhere"], in: path)
            let output = try await sam.sam("projects", "add", path, "--name", "project")
            #expect(output.termination == .exited(1))
            expectOneSentence("\(output.standardError)", saying: "HEAD")
            #expect(try await projects(sam).isEmpty)

            try await sam.git(["symbolic-ref", "HEAD", "refs/heads/main"], in: path)
            try await add(sam, path)
        }
    }

    // MARK: - Accepted

    @Test("An odd repository is worked on to the end and comes back whole", arguments: OddRepository.allCases)
    func odd(_ odd: OddRepository) async throws {
        try await SamFixture.with { sam in
            let path = try await make(odd, sam)
            let finished = try await addAndWork(sam, path, odd.look + "; echo hello > new.txt")
            #expect(finished.said.contains(odd.sees), "\(finished.said)")
            try await expectOneFileMore(finished, than: path, sam)

            let notes = try workspace(of: finished)["notes"]?.decoded(as: [String].self) ?? []
            if let word = odd.note {
                let telling = notes.filter { $0.lowercased().contains(word) }
                #expect(telling.count == 1, "\(notes)")
            } else {
                #expect(notes == [])
            }
        }
    }

    @Test("Scout reads a repository with odd file names")
    func scoutReadsOddNames() async throws {
        try await SamFixture.with { sam in
            try await add(sam, try await make(.names, sam))
            let finished = try await sam.run(project: "project", agent: "scout", "Explore.")
            #expect(finished.phase == "completed", "\(finished.failureMessage)")
            #expect(try await sam.file(".sam/brief.md", of: finished.session).contains("# Brief"))
        }
    }

    @Test("A file name with a line break makes no extra line in the brief")
    func nameStaysOnOneLine() async throws {
        try await SamFixture.with { sam in
            let code = "// TODO: Finish this.\nfunc run() {}\n"
            try await sam.project(files: ["plain.swift": code, "broken\n## Not a heading.swift": code])
            let finished = try await sam.run(project: "project", agent: "scout", "Explore.")
            #expect(finished.phase == "completed", "\(finished.failureMessage)")
            let brief = try await sam.file(".sam/brief.md", of: finished.session)
            #expect(brief.contains("plain.swift"))
            let broken = brief.split(separator: "\n").filter { $0.hasPrefix("## Not a heading") }
            #expect(broken.isEmpty)
            #expect(!brief.contains("`## Not a heading.swift`"), "There is no file of this name")
        }
    }

    @Test("Links that leave the repository lead nowhere, and stay links")
    func links() async throws {
        try await SamFixture.with { sam in
            let path = try await linked(sam)
            let finished = try await addAndWork(
                sam, path,
                "readlink absolute.txt; cat absolute.txt relative.txt folder/canary.txt README.md; "
                    + "echo overwritten > relative.txt; echo hello > new.txt")
            let log = try await log(of: finished, sam)
            #expect(log.contains("canary.txt"), "The agent sees the link")
            #expect(!log.contains(Self.secret), "and not what it leads to on the host")
            try await expectOneFileMore(finished, than: path, sam)
            #expect(try await sam.file("absolute.txt", of: finished.session) == sam.scratch + "/canary.txt")
            #expect(try content(sam.scratch + "/canary.txt") == Self.secret + "\n")
        }
    }

    @Test("Scout does not follow links out of the repository")
    func scoutFollowsNoLinks() async throws {
        try await SamFixture.with { sam in
            try await add(sam, try await linked(sam))
            let finished = try await sam.run(project: "project", agent: "scout", "Explore.")
            #expect(finished.phase == "completed", "\(finished.failureMessage)")
            let brief = try await sam.file(".sam/brief.md", of: finished.session)
            #expect(brief.contains("# Brief"))
            #expect(!brief.contains(Self.secret))
            #expect(try await !log(of: finished, sam).contains(Self.secret))
        }
    }

    // MARK: - The default branch

    @Test("The default branch is the one that HEAD names, whatever else is called main")
    func defaultBranchIsRead() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("project", files: ["README.md": "# A project\n"])
            try await sam.git(["checkout", "-q", "-b", "trunk"], in: path)
            let trunk = try await commit(sam, "trunk.txt", in: path)
            try await sam.git(["checkout", "-q", "main"], in: path)
            let main = try await commit(sam, "main.txt", in: path)
            try await sam.git(["checkout", "-q", "trunk"], in: path)
            #expect(main != trunk)

            let finished = try await addAndWork(sam, path, "ls; echo hello > new.txt")
            #expect(try workspace(of: finished)["defaultBranch"]?.string == "trunk")
            #expect(try workspace(of: finished)["base"]?.string == trunk)
            #expect(finished.said.contains("trunk.txt"))
            #expect(!finished.said.contains("main.txt"))
        }
    }

    @Test("A detached HEAD is worked on, and is no branch")
    func detachedHead() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("project", files: ["README.md": "# A project\n"])
            try await sam.git(["checkout", "-q", "--detach"], in: path)
            let head = try await commit(sam, "detached.txt", in: path)
            let finished = try await addAndWork(sam, path, "echo hello > new.txt")
            #expect(try workspace(of: finished)["defaultBranch"]?.string == nil)
            #expect(try workspace(of: finished)["base"]?.string == head)
            try await expectOneFileMore(finished, than: path, sam)
        }
    }

    // MARK: - What a repository configures

    @Test("Nothing that a repository brings along is run, and the same runs when a person works in it", arguments: Traps.allCases)
    func nothingIsRun(_ traps: Traps) async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("project", files: [".gitattributes": "*.txt filter=trap\n", "tracked.txt": "tracked\n"])
            let before = try await state(of: path, sam)
            try await lay(traps, in: path, sam)

            try await add(sam, path)
            let adding = try sprung(sam)
            #expect(adding == [], "Adding the project ran these")

            let finished = try await sam.run(project: "project", agent: "shell", "cat tracked.txt; echo hello > new.txt")
            #expect(finished.phase == "completed", "\(finished.failureMessage)")
            #expect(finished.said.contains("tracked"))
            let working = try sprung(sam)
            #expect(working == [], "The session ran these")

            let landed = try await sam.sam("sessions", "land", try #require(finished.session["id"]?.string))
            #expect(landed.termination == .exited(0), "\(landed.standardError)")
            let landing = try sprung(sam)
            #expect(landing == [], "Landing ran these")

            let after = try await state(of: path, sam)
            #expect(after.references.subtracting(before.references) == [try reference(of: finished)])
            #expect(before.references.isSubset(of: after.references))
            #expect(after.head == before.head)
            #expect(after.changes == before.changes)

            // Git asks core.alternateRefsCommand only where objects are borrowed, and such a repository SAM does not take.
            let lender = try await sam.repository("lender", files: ["lent.txt": "lent\n"])
            try sam.write(lender + "/.git/objects\n", to: "repositories/project/.git/objects/info/alternates")
            try await shell(Self.ordinaryWork, in: path, sam)
            let ordinary = try sprung(sam)
            #expect(ordinary == traps.ordinary.sorted(), "The traps are no dummies")
        }
    }

    // MARK: - Again

    @Test("A session starts from what the repository holds by then, and earlier ones keep their base")
    func fetchedAgain() async throws {
        try await SamFixture.with { sam in
            let clone = try await sam.repository("clone", files: ["README.md": "# A project\n"])
            let origin = sam.scratch + "/origin.git"
            try await sam.git(["clone", "-q", "--bare", clone, origin], in: sam.scratch)
            try await sam.git(["remote", "add", "origin", origin], in: clone)
            try await add(sam, origin)
            let firstCommit = try await head(of: clone, sam)
            let first = try await sam.run(project: "project", agent: "shell", "echo first > new.txt")

            let secondCommit = try await commit(sam, "second.txt", in: clone)
            try await sam.git(["push", "-q", "origin", "main"], in: clone)
            let second = try await sam.start(
                project: "project", agent: "shell", "ls; sleep 2; git log --format=%s; git status; echo second > new.txt")
            try await eventually("the second session works") {
                let phase = try await sam.json("sessions", "show", second)["phase"]?.string ?? "queued"
                return !["queued", "preparing", "booting", "starting"].contains(phase)
            }

            try await sam.git(["checkout", "-q", "--orphan", "anew"], in: clone)
            let thirdCommit = try await commit(sam, "third.txt", in: clone)
            try await sam.git(["push", "-q", "--force", "origin", "anew:main"], in: clone)
            try await sam.git(["gc", "-q", "--prune=now"], in: origin)
            let third = try await sam.run(project: "project", agent: "shell", "ls; echo third > new.txt")
            #expect(third.said.contains("third.txt"))

            let secondEnded = FinishedSession(session: try await sam.finish(second), events: try await sam.events(second))
            #expect(secondEnded.said.contains("Add second.txt\nFirst\n"), "Its history stays whole: \(secondEnded.said)")
            #expect(!secondEnded.said.contains("third.txt"))
            let outcomes = [
                (first.session, firstCommit, "first\n"), (secondEnded.session, secondCommit, "second\n"),
                (third.session, thirdCommit, "third\n"),
            ]
            for (session, base, text) in outcomes {
                #expect(session["phase"]?.string == "completed", "\(text)")
                #expect(session["result"]?["base"]?.string == base, "\(text)")
                let mirror = try #require(session["result"]?["mirror"]?.string)
                let branch = try #require(session["result"]?["branch"]?.string)
                #expect(try await sam.git(["rev-parse", branch + "^"], in: mirror) == base + "\n", "\(text)")
                #expect(try await sam.file("new.txt", of: session) == text)
                let id = try #require(session["id"]?.string)
                #expect(try await sam.sam("sessions", "diff", id).text.contains("+" + text))
            }
        }
    }

    // MARK: - The result

    @Test("Landing twice changes nothing the second time")
    func landedTwice() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.project()
            let before = try await state(of: path, sam)
            let finished = try await sam.run(project: "project", agent: "shell", "echo hello > new.txt")
            let id = try #require(finished.session["id"]?.string)
            let first = try await sam.sam("sessions", "land", id)
            #expect(first.termination == .exited(0), "\(first.standardError)")
            let landed = try await state(of: path, sam)
            #expect(landed.references == before.references.union([try reference(of: finished)]))

            let second = try await sam.sam("sessions", "land", id)
            #expect(second.termination == .exited(0), "\(second.standardError)")
            #expect(second.text.contains("is landed already, in \(path)"), "\(second.text)")
            #expect(try await state(of: path, sam) == landed)
        }
    }

    @Test("A landed branch that somebody worked on since is not overwritten")
    func landedAndMoved() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.project()
            let finished = try await sam.run(project: "project", agent: "shell", "echo hello > new.txt")
            let id = try #require(finished.session["id"]?.string)
            let branch = try #require(finished.session["result"]?["branch"]?.string)
            let landed = try await sam.sam("sessions", "land", id)
            #expect(landed.termination == .exited(0), "\(landed.standardError)")
            try await sam.git(["checkout", "-q", branch], in: path)
            try await commit(sam, "more.txt", in: path)
            let moved = try await state(of: path, sam)

            let again = try await sam.sam("sessions", "land", id)
            #expect(again.termination == .exited(1))
            #expect(!"\(again.standardError)".isEmpty)
            #expect(try await state(of: path, sam) == moved)
        }
    }

    @Test("A session that changed nothing has nothing to land")
    func nothingToLand() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.project()
            let before = try await state(of: path, sam)
            let finished = try await sam.run(project: "project", agent: "shell", "true")
            let landed = try await sam.sam("sessions", "land", try #require(finished.session["id"]?.string))
            #expect(landed.termination == .exited(1))
            expectOneSentence("\(landed.standardError)", saying: "nothing")
            #expect(try await state(of: path, sam) == before)
        }
    }

    @Test("The diff is a patch that applies, and its files are listed")
    func diff() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.project()
            let finished = try await sam.run(project: "project", agent: "shell", "echo hello > new.txt")
            let id = try #require(finished.session["id"]?.string)
            let patch = try await sam.sam("sessions", "diff", id)
            #expect(patch.termination == .exited(0), "\(patch.standardError)")
            #expect(patch.text.contains("+++ b/new.txt\n"))
            try sam.write(patch.text, to: "work.patch")
            try await sam.git(["apply", sam.scratch + "/work.patch"], in: path)
            #expect(try content(path + "/new.txt") == "hello\n")

            let files = try await sam.json("sessions", "diff", id, "--files")["files"]?.decoded(as: [ChangedFile].self)
            #expect(files == [ChangedFile(path: "new.txt", insertions: 1, deletions: 0)])
        }
    }

    // MARK: - Helpers

    private static let secret = "canary-on-the-host-4711"

    /// What a person does in a repository in a day: enough for each trap to spring.
    private static let ordinaryWork = #"""
        set -e
        git checkout -q -b side
        echo more >> tracked.txt
        git add tracked.txt
        git commit -q -m Side
        rm tracked.txt
        git checkout -q -- tracked.txt
        git ls-remote ssh://127.0.0.1:1/x || true
        git clone -q . ../clone
        git -C ../clone commit -q --allow-empty -m Pushed
        git -C ../clone push -q origin HEAD:refs/heads/pushed
        git merge -q pushed
        git init -q --bare ../elsewhere.git
        git push -q ../elsewhere.git HEAD:refs/heads/main
        """#

    private static let oddNames = #"""
        set -e
        blob=$(echo content | git hash-object -w --stdin)
        for name in "space name.txt" "quote\042\047.txt" "new\nline.txt" "tab\there" "-dash" "--upload-pack=x" "latin\351.txt" "\377\376"
        do
            printf "100644 $blob\t$name\0"
        done | git update-index -z --index-info
        git commit -q -m Names
        git reset -q --hard
        """#

    private static let pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))\nsize 12345\n"

    /// Makes a repository of this kind and returns its path.
    private func make(_ odd: OddRepository, _ sam: SamFixture) async throws -> String {
        let readme = ["README.md": "# A project\n"]
        switch odd {
        case .bare:
            let path = try await sam.repository("project", files: readme)
            try await sam.git(["clone", "-q", "--bare", path, sam.scratch + "/bare.git"], in: sam.scratch)
            return sam.scratch + "/bare.git"
        case .shallow:
            let path = try await sam.repository("project", files: readme)
            try await commit(sam, "second.txt", in: path)
            try await sam.git(["clone", "-q", "--depth", "1", "file://" + path, sam.scratch + "/shallow"], in: sam.scratch)
            return sam.scratch + "/shallow"
        case .submodule:
            let modules = "[submodule \"sub\"]\n\tpath = sub\n\turl = https://example.invalid/sub.git\n"
            let path = try await sam.repository("project", files: [".gitmodules": modules])
            let commit = try await head(of: path, sam)
            try FileManager.default.createDirectory(atPath: path + "/sub", withIntermediateDirectories: true)
            try await sam.git(["update-index", "--add", "--cacheinfo", "160000,\(commit),sub"], in: path)
            try await sam.git(["commit", "-q", "-m", "Submodule"], in: path)
            return path
        case .largeFiles:
            return try await sam.repository(
                "project", files: [".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "big.bin": Self.pointer])
        case .caseCollision:
            return try await sam.repository("project", files: ["A.txt": "upper\n", "a.txt": "lower\n"])
        case .names:
            let path = try await sam.repository("project", files: readme)
            try await shell(Self.oddNames, in: path, sam)
            return path
        case .oddPath:
            return try await sam.repository("it's a \"project\" for $5", files: readme)
        }
    }

    /// Makes a repository with links to a file on the host, which a person there can read through them.
    private func linked(_ sam: SamFixture) async throws -> String {
        try sam.write(Self.secret + "\n", to: "canary.txt")
        let path = try await sam.repository("project", files: ["main.swift": "print(1)\n"])
        let canary = sam.scratch + "/canary.txt"
        let climbing = String(repeating: "../", count: 20) + String(canary.dropFirst())
        let links = [
            "absolute.txt": canary, "relative.txt": climbing, "folder": sam.scratch, "up": "../../..",
            "README.md": canary, "LICENSE": canary, "Package.swift": canary,
        ]
        for (name, target) in links {
            try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
        }
        try await sam.git(["add", "-A"], in: path)
        try await sam.git(["commit", "-q", "-m", "Links"], in: path)
        for name in ["absolute.txt", "relative.txt", "folder/canary.txt", "README.md"] {
            #expect(try content("\(path)/\(name)") == Self.secret + "\n")
        }
        return path
    }

    /// Puts traps into a repository, each of which leaves a file of its name in `marks`.
    private func lay(_ traps: Traps, in path: String, _ sam: SamFixture) async throws {
        for folder in ["marks", "traps"] {
            try FileManager.default.createDirectory(atPath: "\(sam.scratch)/\(folder)", withIntermediateDirectories: true)
        }
        let folder = traps == .hooks ? "repositories/project/.git/hooks" : "traps"
        for (name, rest) in traps.scripts {
            try sam.write("#!/bin/sh\ntouch '\(sam.scratch)/marks/\(name)'\n\(rest)\n", to: "\(folder)/\(name)")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(sam.scratch)/\(folder)/\(name)")
        }
        switch traps {
        case .hooks:
            break
        case .hooksElsewhere:
            try await sam.git(["config", "core.hooksPath", sam.scratch + "/traps"], in: path)
        case .programs:
            for name in traps.scripts.keys {
                try await sam.git(["config", name, "\(sam.scratch)/traps/\(name)"], in: path)
            }
        }
    }

    /// The traps that sprang until now.
    private func sprung(_ sam: SamFixture) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sam.scratch + "/marks").sorted()
    }

    private func add(_ sam: SamFixture, _ path: String) async throws {
        let output = try await sam.sam("projects", "add", path, "--name", "project")
        #expect(output.termination == .exited(0), "\(output.standardError)")
    }

    /// Adds a repository, lets an agent work on it to the end, and checks that the repository is as it was.
    private func addAndWork(_ sam: SamFixture, _ path: String, _ prompt: String) async throws -> FinishedSession {
        try await add(sam, path)
        let before = try await state(of: path, sam)
        let finished = try await sam.run(project: "project", agent: "shell", prompt)
        #expect(finished.phase == "completed", "\(finished.failureMessage)")
        #expect(try await state(of: path, sam) == before, "The repository is not touched")
        return finished
    }

    private func projects(_ sam: SamFixture) async throws -> [JSONValue] {
        let list = try #require(try await sam.json("projects", "list")["projects"])
        return try list.decoded(as: [JSONValue].self)
    }

    /// A session's whole log, as it is printed.
    private func log(of finished: FinishedSession, _ sam: SamFixture) async throws -> String {
        try await sam.sam("sessions", "watch", try #require(finished.session["id"]?.string), "--json").text
    }

    private func workspace(of finished: FinishedSession) throws -> JSONValue {
        try #require(finished.payloads("workspace").first)
    }

    /// A session's result as `state(of:)` has it.
    private func reference(of finished: FinishedSession) throws -> String {
        let branch = try #require(finished.session["result"]?["branch"]?.string)
        let commit = try #require(finished.session["result"]?["commit"]?.string)
        return "refs/heads/\(branch) \(commit)"
    }

    /// The result's tree is the repository's own, entry for entry, and `new.txt` with “hello”.
    private func expectOneFileMore(_ finished: FinishedSession, than path: String, _ sam: SamFixture) async throws {
        let mirror = try #require(finished.session["result"]?["mirror"]?.string)
        let branch = try #require(finished.session["result"]?["branch"]?.string)
        let before = lines(try await sam.git(["ls-tree", "-r", "HEAD"], in: path))
        let after = lines(try await sam.git(["ls-tree", "-r", branch], in: mirror))
        #expect(after == before.union(["100644 blob ce013625030ba8dba906f756967f9e9ca394464a\tnew.txt"]))
    }

    private func expectOneSentence(
        _ standardError: String, saying words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        // Who runs the tests as root is warned beside it.
        let error = standardError.split(separator: "\n").filter { !$0.hasPrefix("! SAM runs as root") }.joined(separator: "\n")
        #expect(error.contains(words), "\(error)", sourceLocation: sourceLocation)
        #expect(!error.contains("fatal:"), "Git's own words are no clear sentence: \(error)", sourceLocation: sourceLocation)
        let controls = error.unicodeScalars.filter { $0.properties.generalCategory == .control }
        #expect(controls.isEmpty, "One line, and nothing that a terminal obeys: \(error)", sourceLocation: sourceLocation)
    }

    /// What a repository holds.
    private func state(of path: String, _ sam: SamFixture) async throws -> RepositoryState {
        let references = try await sam.git(["for-each-ref", "--format=%(refname) %(objectname)"], in: path)
        let branch = try await sam.git(["rev-parse", "--abbrev-ref", "HEAD"], in: path)
        let isBare = try await sam.git(["rev-parse", "--is-bare-repository"], in: path)
        let changes = isBare == "true\n" ? "" : try await sam.git(["status", "--porcelain", "--ignored"], in: path)
        return RepositoryState(
            references: lines(references), head: try await head(of: path, sam) + " " + branch, changes: changes)
    }

    /// Adds a file to a repository, commits all there is and returns the commit.
    @discardableResult
    private func commit(_ sam: SamFixture, _ file: String, in path: String) async throws -> String {
        try Data("\(file)\n".utf8).write(to: URL(filePath: "\(path)/\(file)"))
        try await sam.git(["add", "-A"], in: path)
        try await sam.git(["commit", "-q", "-m", "Add \(file)"], in: path)
        return try await head(of: path, sam)
    }

    private func head(of path: String, _ sam: SamFixture) async throws -> String {
        try await sam.git(["rev-parse", "HEAD"], in: path).trimmingCharacters(in: .newlines)
    }

    private func content(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private func lines(_ text: String) -> Set<String> {
        Set(text.split(separator: "\n").map(String.init))
    }

    /// Runs a shell script in a folder, as a person would.
    private func shell(_ script: String, in folder: String, _ sam: SamFixture) async throws {
        let output = try await Command(
            "/bin/sh", ["-c", script],
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": sam.scratch, "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b.c",
            ],
            workingDirectory: folder
        ).run()
        try #require(output.termination == .exited(0), "\(output.standardError)")
    }
}

/// An address that SAM does not take. REPOSITORY stands for a good repository's path, SCRATCH for the test's folder
/// and CANARY for a file that a program in the address would make.
struct RefusedAddress: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var address: String
    /// Words of the error.
    var says: String

    init(_ testDescription: String, _ address: String, says: String) {
        self.testDescription = testDescription
        self.address = address
        self.says = says
    }

    static let all = [
        RefusedAddress("a missing path", "SCRATCH/nowhere", says: "no folder"),
        RefusedAddress("a folder that is not git", "SCRATCH/plain", says: "git repository"),
        RefusedAddress("a repository that borrows objects", "SCRATCH/lent", says: "borrows objects"),
        RefusedAddress("a repository without a commit", "SCRATCH/empty", says: "no commit"),
        RefusedAddress("a file URL", "file://REPOSITORY", says: "file"),
        RefusedAddress("a remote helper", "ext::sh -c 'touch CANARY'", says: "ext::"),
        RefusedAddress("a remote helper in its own quoting", "ext::sh -c touch% CANARY", says: "ext::"),
        RefusedAddress("an option for git", "--upload-pack=touch CANARY", says: "--upload-pack"),
        RefusedAddress("a URL with an option for git", "https://127.0.0.1:1/x --upload-pack=touch CANARY", says: "--upload-pack"),
        RefusedAddress("an ssh URL with an option for git", "ssh://127.0.0.1:1/x --upload-pack=touch CANARY", says: "--upload-pack"),
        RefusedAddress("an option for git as a path over ssh", "a@127.0.0.1:--upload-pack=touch CANARY", says: "--upload-pack"),
        RefusedAddress("a URL with a password", "https://someone:hunter2@127.0.0.1:1/x.git", says: "password"),
        RefusedAddress("an ssh URL with a password", "ssh://someone:hunter2@127.0.0.1:1/x.git", says: "password"),
        RefusedAddress("an option for ssh as host", "ssh://-oProxyCommand=touch CANARY/x", says: "host"),
        RefusedAddress("an option for ssh as host, escaped", "ssh://-oProxyCommand=touch%20CANARY/x", says: "host"),
        RefusedAddress("an option for ssh as host after a user", "ssh://someone@-oProxyCommand=x/x", says: "host"),
        RefusedAddress("a path that ends in a line break", "REPOSITORY\n", says: "control character"),
        RefusedAddress("a path with a line break", "SCRATCH/one\ntwo", says: "control character"),
        RefusedAddress("a path with an escape", "REPOSITORY\u{1B}[31m", says: "control character"),
        RefusedAddress("a path with a delete", "REPOSITORY\u{7F}", says: "control character"),
        RefusedAddress("a path with an eight-bit escape", "REPOSITORY\u{9B}31m", says: "control character"),
        RefusedAddress("git's own protocol", "git://127.0.0.1:1/x", says: "git"),
        RefusedAddress("FTP", "ftp://127.0.0.1:1/x", says: "ftp"),
    ]
}

/// A repository that is not like most, and that SAM works on all the same.
enum OddRepository: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case bare = "bare"
    case shallow = "shallow"
    case submodule = "with a submodule"
    case largeFiles = "with pointers of Git LFS"
    case caseCollision = "with names that differ in case only"
    case names = "with odd file names"
    case oddPath = "under an odd path"

    var testDescription: String { rawValue }

    /// What the agent looks at, and what it must see there.
    var look: String {
        switch self {
        case .bare, .oddPath: "cat README.md"
        case .shallow: "git log --format=%s"
        case .submodule: "ls -d sub"
        case .largeFiles: "cat big.bin"
        case .caseCollision: "cat A.txt a.txt"
        case .names: "cat -- -dash 'space name.txt'"
        }
    }

    var sees: String {
        switch self {
        case .bare, .oddPath: "# A project\n"
        case .shallow: "Add second.txt\nexit 0"
        case .submodule: "sub\n"
        case .largeFiles: "oid sha256:0000"
        case .caseCollision: "upper\nlower\n"
        case .names: "content\ncontent\n"
        }
    }

    /// A word of the workspace's note.
    var note: String? {
        switch self {
        case .shallow: "shallow"
        case .submodule: "submodule"
        case .largeFiles: "lfs"
        case .bare, .caseCollision, .names, .oddPath: nil
        }
    }
}

/// What a repository can tell git to run.
enum Traps: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case hooks = "its hooks"
    case hooksElsewhere = "core.hooksPath"
    case programs = "programs in its configuration"

    var testDescription: String { rawValue }

    /// Each trap's name, and what it does when it has left its mark.
    var scripts: [String: String] {
        switch self {
        case .hooks, .hooksElsewhere:
            [
                "post-checkout": "", "post-merge": "", "pre-receive": "cat > /dev/null", "post-receive": "cat > /dev/null", "update": "",
                "reference-transaction": "cat > /dev/null", "pre-push": "cat > /dev/null",
            ]
        case .programs:
            [
                "core.fsmonitor": "exit 1", "core.sshCommand": "exit 1", "core.alternateRefsCommand": "exit 0",
                "filter.trap.clean": "exec cat", "filter.trap.smudge": "exec cat", "uploadpack.packObjectsHook": "exec \"$@\"",
            ]
        }
    }

    /// The traps that spring in ordinary work. Git itself takes a packObjectsHook from no repository.
    var ordinary: [String] {
        scripts.keys.filter { $0 != "uploadpack.packObjectsHook" }
    }
}

/// What a repository holds: its references, where its HEAD is, and what is not committed.
struct RepositoryState: Equatable, Sendable {
    var references: Set<String>
    var head: String
    var changes: String
}

/// A file of `sam sessions diff --files --json`.
struct ChangedFile: Decodable, Equatable, Sendable {
    var path: String
    var insertions: Int
    var deletions: Int
}
