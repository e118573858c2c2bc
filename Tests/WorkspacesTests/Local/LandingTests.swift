import Accounts
import AgentProtocol
import Foundation
import Processes
import Testing

@testable import Workspaces

@Suite("Landing into a repository on this machine", .serialized)
struct LandingTests {
    @Test(
        "The branch arrives, and nothing that the repository brings along is run, nor by fetching from it", arguments: TrappedRepository.all
    )
    func nothingIsRun(_ trapped: TrappedRepository) async throws {
        try await SalvageFixture.with { fixture in
            try await trapped.lay(in: fixture)
            let origin = TestRepository(path: trapped.gitFolder(fixture))
            let workspace = try await fixture.workspace()
            #expect(try Self.sprung(fixture) == [], "Fetching ran these")
            let commit = try await Self.commit(on: workspace.branch, of: workspace.base, in: fixture)
            let before = try await Self.files(trapped, fixture)

            let first = try await fixture.host.land(workspace.branch, of: fixture.project)
            #expect(try Self.sprung(fixture) == [], "Landing ran these")
            #expect(first == Landing(repository: fixture.project.repository, branch: workspace.branch, already: false))
            let again = try await fixture.host.land(workspace.branch, of: fixture.project)
            #expect(again == Landing(repository: fixture.project.repository, branch: workspace.branch, already: true))
            #expect(try await origin.refs("refs/heads/sam") == ["refs/heads/" + workspace.branch: commit])
            #expect(try await Self.files(trapped, fixture) == before)

            // A person's own push, as a control: the traps are no dummies.
            let mirror = fixture.mirror
            _ = try await mirror.output(["push", "-q", origin.path, "\(commit):refs/heads/by-hand", "\(commit):refs/heads/main"])
            let sprung = try Self.sprung(fixture)
            #expect(Set(sprung).isSuperset(of: trapped.springs), "\(sprung)")
        }
    }

    @Test(
        "A branch that is checked out there is left as it is, and that is said; another one arrives",
        arguments: ["updateInstead", "ignore", "refuse"])
    func checkedOut(_ mode: String) async throws {
        try await SalvageFixture.with { fixture in
            let trapped = TrappedRepository(
                testDescription: mode, settings: [("receive.denyCurrentBranch", mode)], hooks: ["push-to-checkout", "post-receive"])
            try await trapped.lay(in: fixture)
            let workspace = try await fixture.workspace()
            let origin = fixture.origin
            try await origin.git(["-c", "core.hooksPath=/dev/null", "checkout", "-q", "-b", workspace.branch, "main"])
            let head = try await origin.git(["rev-parse", "HEAD"])
            let commit = try await Self.commit(on: workspace.branch, of: workspace.base, in: fixture)
            let before = try await Self.files(trapped, fixture)

            let error = await #expect(throws: WorkspaceError.self) { try await fixture.host.land(workspace.branch, of: fixture.project) }
            #expect(error?.message.contains("checked out") == true, "\(error?.message ?? "")")
            #expect(try await origin.git(["rev-parse", "HEAD"]) == head)
            #expect(try await Self.files(trapped, fixture) == before)
            #expect(try Self.sprung(fixture) == [])

            try await origin.git(["-c", "core.hooksPath=/dev/null", "checkout", "-q", "main"])
            try await fixture.host.land(workspace.branch, of: fixture.project)
            #expect(try await origin.git(["rev-parse", workspace.branch]) == commit)
        }
    }

    @Test("A branch that has moved there is left as it is, with the cause and the next step before git's words")
    func moved() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let identity = ["-c", "user.name=They", "-c", "user.email=they@example.invalid"]
            let theirs = try await fixture.origin.git(identity + ["commit-tree", "main^{tree}", "-p", "main", "-m", "theirs"])
            try await fixture.origin.git(["branch", workspace.branch, theirs])
            _ = try await Self.commit(on: workspace.branch, of: workspace.base, in: fixture)
            let error = await #expect(throws: WorkspaceError.self) { try await fixture.host.land(workspace.branch, of: fixture.project) }
            #expect(error?.message.hasPrefix("The branch \(workspace.branch) in ") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("git pull '") == true && error?.message.contains("rejected") == true, "\(error?.message ?? "")")
            #expect(try await fixture.origin.git(["rev-parse", workspace.branch]) == theirs)
        }
    }

    @Test(
        "The cause of a refusal is read from git's words",
        arguments: [
            (" ! [rejected] a -> a (non-fast-forward)", Landing.Refusal.hasMoved), (" ! [rejected] a -> a (fetch first)", .hasMoved),
            ("remote: error: unable to create temporary object directory", .notWritable),
            ("error: insufficient permission for adding an object to repository database ./objects", .notWritable),
            ("fatal: Could not read from remote repository.", nil),
        ])
    func refusals(_ message: String, _ cause: Landing.Refusal?) {
        #expect(Landing.cause(ofRefusal: message, at: .local("/r")) == cause)
        #expect(Landing.cause(ofRefusal: message, at: .remote("git@host:r")) == (cause == .notWritable ? nil : cause))
    }

    @Test("An address that its user's rules turn into a path is that path", arguments: ["insteadOf", "pushInsteadOf"])
    func rewritten(_ rule: String) async throws {
        try await SalvageFixture.with { fixture in
            let trapped = TrappedRepository(
                testDescription: rule, isBare: true, hooks: ["pre-receive", "post-receive"], springs: ["pre-receive", "post-receive"])
            try await trapped.lay(in: fixture)
            let rules = fixture.folder + "/rules"
            try await Self.shell("git config --file \(rules) url.\(fixture.folder)/.\(rule) https://example.invalid/")
            var host = fixture.host
            host.git = try Git(environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": rules])
            let project = try SalvageFixture.project(.bubblewrap, repository: "https://example.invalid/origin.git", id: fixture.project.id)
            let workspace = try await fixture.workspace()
            let commit = try await Self.commit(on: workspace.branch, of: workspace.base, in: fixture)
            if rule == "insteadOf" {
                try await host.land(workspace.branch, of: project)
                #expect(try await fixture.origin.refs("refs/heads/sam") == ["refs/heads/" + workspace.branch: commit])
            } else {
                await #expect(throws: WorkspaceError.self) { try await host.land(workspace.branch, of: project) }
            }
            #expect(try Self.sprung(fixture) == [])
            _ = try await fixture.mirror.output(["push", "-q", fixture.origin.path, "\(commit):refs/heads/by-hand"])
            #expect(try Set(Self.sprung(fixture)).isSuperset(of: trapped.springs))
        }
    }

    @Test(
        "What git prints of one branch tells whether it was there already",
        arguments: [
            ("Everything up-to-date\n", true), ("remote: Everything up-to-date\n", false),
            ("To /srv/r\n * [new branch]      sam/s_1-x -> sam/s_1-x\n", false),
            ("To /srv/r\n   1234567..89abcde  sam/s_1-x -> sam/s_1-x\n", false), ("", false),
        ])
    func upToDate(_ output: String, _ already: Bool) {
        #expect(Landing.wasUpToDate(output) == already)
    }

    @Test("A branch of the same name that has other commits is not overwritten")
    func notForced() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            _ = try await Self.commit(on: workspace.branch, of: workspace.base, in: fixture)
            let theirs = try await fixture.origin.git(["commit-tree", "-m", "Theirs", "main^{tree}"])
            try await fixture.origin.git(["update-ref", "refs/heads/" + workspace.branch, theirs])
            await #expect(throws: WorkspaceError.self) { try await fixture.host.land(workspace.branch, of: fixture.project) }
            #expect(try await fixture.origin.git(["rev-parse", workspace.branch]) == theirs)
        }
    }

    @Test("What is landed is its owner's, where SAM runs as root", .enabled(if: geteuid() == 0), arguments: [false, true])
    func foreignOwner(_ isShared: Bool) async throws {
        try await SalvageFixture.with { fixture in
            if isShared { try await fixture.origin.git(["config", "core.sharedRepository", "group"]) }
            try await Self.shell("chmod 755 \(fixture.folder); chown -R 12345:12345 \(fixture.origin.path)")
            let workspace = try await fixture.workspace()
            let commit = try await Self.commit(on: workspace.branch, of: workspace.base, in: fixture)
            try await fixture.host.land(workspace.branch, of: fixture.project)
            let others = try await Self.shell("find \(fixture.origin.path) ! -user 12345")
            #expect(others == "")
            let arrived = try await fixture.origin.output(["-c", "safe.directory=*", "rev-parse", workspace.branch])
            #expect(arrived.text.trimmingCharacters(in: .newlines) == commit)
            let left = try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter { $0.hasPrefix("sam-local-") }
            #expect(left == [])
        }
    }

    @Test("A repository that borrows by the time of the landing gets nothing")
    func borrowsByThen() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            _ = try await Self.commit(on: workspace.branch, of: workspace.base, in: fixture)
            let alternates = fixture.origin.path + "/objects/info/alternates"
            try await Self.shell("mkdir -p \(fixture.origin.path)/objects/info; echo \(fixture.mirror.path)/objects > \(alternates)")
            let error = await #expect(throws: WorkspaceError.self) { try await fixture.host.land(workspace.branch, of: fixture.project) }
            #expect(error?.message.contains("borrows objects") == true)
            #expect(try await fixture.origin.refs("refs/heads/sam") == [:])
            try FileManager.default.removeItem(atPath: alternates)
            try await fixture.host.land(workspace.branch, of: fixture.project)
            #expect(try await fixture.origin.refs("refs/heads/sam").count == 1)
        }
    }

    // MARK: - Helpers

    /// A commit on a session's branch, as salvage would have brought it.
    private static func commit(on branch: String, of base: String, in fixture: SalvageFixture) async throws -> String {
        let commit = try await fixture.mirror.git(["commit-tree", "-p", base, "-m", "Work", base + "^{tree}"])
        try await fixture.mirror.git(["update-ref", "refs/heads/" + branch, commit])
        return commit
    }

    /// The traps that have sprung, wherever they ran.
    private static func sprung(_ fixture: SalvageFixture) throws -> [String] {
        let marks = Mirror.names(in: fixture.folder + "/marks")
        let inside = ["/origin.git/.git", "/origin.git"].flatMap { Mirror.names(in: fixture.folder + $0 + "/objects") }
            .filter { $0.hasPrefix("ran-") }.map { String($0.dropFirst(4)) }
        return Set(marks + inside).sorted()
    }

    /// A person's files and index.
    private static func files(_ trapped: TrappedRepository, _ fixture: SalvageFixture) async throws -> String {
        trapped.isBare
            ? ""
            : try await shell(
                "cd \(fixture.origin.path); find . -path ./.git -prune -o -type f -print | sort | xargs sha256sum; sha256sum .git/index .git/config .git/HEAD; ls ../elsewhere"
            )
    }

    @discardableResult
    static func shell(_ script: String) async throws -> String {
        let output = try await Command("/bin/sh", ["-c", script], environment: TestRepository.environment).run()
        try #require(output.termination.isSuccess, "\(output.standardError)")
        return output.text
    }
}

/// A repository with things that git would run, or do beyond taking a branch.
struct TrappedRepository: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var isBare = false
    /// `SCRIPT` stands for a program that leaves a mark, `FOLDER` for a folder with hooks that do.
    var settings: [(String, String)] = []
    var hooks: [String] = []
    /// Which of them spring when a person pushes.
    var springs: Set<String> = []

    static let all = [
        TrappedRepository(testDescription: "plain"),
        TrappedRepository(testDescription: "plain and bare", isBare: true),
        TrappedRepository(
            testDescription: "hooks", isBare: true,
            hooks: ["pre-receive", "update", "post-receive", "post-update", "reference-transaction", "proc-receive", "pre-auto-gc"],
            springs: ["pre-receive", "update", "post-receive", "post-update", "reference-transaction"]),
        TrappedRepository(testDescription: "hooks elsewhere", settings: [("core.hooksPath", "FOLDER")], springs: ["post-receive"]),
        TrappedRepository(
            testDescription: "updateInstead", settings: [("receive.denyCurrentBranch", "updateInstead")], hooks: ["push-to-checkout"],
            springs: ["push-to-checkout"]),
        TrappedRepository(
            testDescription: "updateInstead with a filter",
            settings: [
                ("receive.denyCurrentBranch", "updateInstead"), ("filter.trap.smudge", "SCRIPT"), ("filter.trap.clean", "SCRIPT"),
                ("filter.trap.process", "SCRIPT"),
            ]),
        TrappedRepository(
            testDescription: "programs",
            settings: [
                ("core.fsmonitor", "SCRIPT"), ("core.sshCommand", "SCRIPT"), ("core.gitProxy", "SCRIPT"),
                ("core.alternateRefsCommand", "SCRIPT"),
                ("core.askPass", "SCRIPT"), ("core.editor", "SCRIPT"), ("core.pager", "SCRIPT"), ("uploadpack.packObjectsHook", "SCRIPT"),
                ("credential.helper", "!SCRIPT"), ("gpg.program", "SCRIPT"), ("diff.external", "SCRIPT"), ("sequence.editor", "SCRIPT"),
            ]),
        TrappedRepository(
            testDescription: "a hook that takes pushes", isBare: true, settings: [("receive.procReceiveRefs", "refs/heads")],
            hooks: ["proc-receive"], springs: ["proc-receive"]),
        TrappedRepository(
            testDescription: "tidying up after each push", isBare: true,
            settings: [("gc.auto", "1"), ("gc.autoDetach", "false"), ("receive.autogc", "true")],
            hooks: ["pre-auto-gc"]),
        TrappedRepository(
            testDescription: "another configuration", settings: [("include.path", "INCLUDED"), ("includeIf.gitdir:/.path", "INCLUDED")],
            springs: ["post-receive"]),
        TrappedRepository(
            testDescription: "a configuration of its worktree",
            settings: [("core.repositoryFormatVersion", "1"), ("extensions.worktreeConfig", "true"), ("WORKTREE", "FOLDER")],
            springs: ["post-receive"]),
        TrappedRepository(
            testDescription: "objects that are fetched when they are missed",
            settings: [
                ("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "trap"), ("remote.trap.url", "ext::SCRIPT"),
                ("remote.trap.promisor", "true"), ("protocol.ext.allow", "always"), ("remote.trap.uploadpack", "SCRIPT"),
            ]),
        TrappedRepository(
            testDescription: "files elsewhere", settings: [("core.worktree", "ELSEWHERE"), ("receive.denyCurrentBranch", "updateInstead")]),
    ]

    func gitFolder(_ fixture: SalvageFixture) -> String { fixture.origin.path + (isBare ? "" : "/.git") }

    /// Makes the repository in the origin's place and sets the traps.
    func lay(in fixture: SalvageFixture) async throws {
        let folder = fixture.folder
        let repository = gitFolder(fixture)
        let clone = isBare ? "" : "mv origin.git seed.git; git clone -q --no-local seed.git origin.git;"
        try await LandingTests.shell("cd \(folder); \(clone) mkdir -p marks hooks elsewhere \(repository)/hooks \(repository)/info")
        for hook in hooks { try write(trap(hook, in: fixture), to: "\(repository)/hooks/\(hook)") }
        for hook in ["pre-receive", "post-receive", "reference-transaction"] {
            try write(trap(hook, in: fixture), to: "\(folder)/hooks/\(hook)")
        }
        try write("[core]\n\thooksPath = \(folder)/hooks\n", to: folder + "/included")
        try write("* filter=trap diff=trap merge=trap\n", to: repository + "/info/attributes")
        for (key, value) in settings {
            let script = "\(folder)/hooks/\(key.replacing("/", with: "-"))"
            try write(trap(key, in: fixture), to: script)
            let filled = value.replacing("SCRIPT", with: script).replacing("FOLDER", with: folder + "/hooks")
                .replacing("INCLUDED", with: folder + "/included").replacing("ELSEWHERE", with: folder + "/elsewhere")
            if key == "WORKTREE" {
                try write("[core]\n\thooksPath = \(filled)\n", to: repository + "/config.worktree")
            } else {
                try await LandingTests.shell("git config --file \(repository)/config --add '\(key)' '\(filled)'")
            }
        }
    }

    /// A program that leaves a mark outside, or (where it can't see that) in the repository.
    private func trap(_ name: String, in fixture: SalvageFixture) -> String {
        let marks = ["\(fixture.folder)/marks/\(name)", "\(gitFolder(fixture))/objects/ran-\(name)", "/repository/objects/ran-\(name)"]
        return "#!/bin/sh\n" + marks.map { "touch '\($0)' 2>/dev/null\n" }.joined() + "exit 0\n"
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
}
