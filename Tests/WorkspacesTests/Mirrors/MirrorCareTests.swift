import Accounts
import AgentProtocol
import Foundation
import Processes
import Testing

@testable import Workspaces

@Suite("Looking after mirrors", .serialized)
struct MirrorCareTests {
    /// Nobody needs anything.
    private static let free = MirrorNeeds(hasOpenSessions: false, commits: [:])
    private static let busy = MirrorNeeds(hasOpenSessions: true, commits: [:])

    @Test("While a workspace stands, packs are joined and every object stays, also what nothing names", arguments: [false, true])
    func joined(_ isKnownToSessionsAlone: Bool) async throws {
        try await SalvageFixture.with(.none) { fixture in
            let workspace = try await fixture.workspace()
            let garbage = try await Self.litter(fixture.mirror)
            let before = try await fixture.mirror.objects()
            // A workspace is known by its ref, a session that is about to get one by the sessions' word.
            if isKnownToSessionsAlone {
                await fixture.host.cleanUp(workspace.session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false)
            }
            let needs = isKnownToSessionsAlone ? Self.busy : Self.free
            #expect(try await fixture.care(needs) == .joined)
            #expect(try await fixture.mirror.objects() == before)
            #expect(before.isSuperset(of: garbage))
            #expect(fixture.state.packs == 1)
            #expect(try await fixture.mirror.output(["repack", "-a", "-d"]).standardError.contains("precious"))

            if !isKnownToSessionsAlone {
                #expect(try await workspace.run("git log --oneline | wc -l") == "2")
                await fixture.host.cleanUp(workspace.session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false)
            }
            _ = try await Self.litter(fixture.mirror)
            #expect(try await fixture.care(Self.free) == .dropped, "Beside it, what nobody needs goes")
            #expect(try await fixture.mirror.objects().isDisjoint(with: garbage))
        }
    }

    @Test("What sessions name stays when nothing else reaches it, and goes when they are forgotten")
    func named() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let workspace = try await fixture.workspace()
            await fixture.host.cleanUp(workspace.session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false)
            let garbage = try await Self.litter(fixture.mirror)
            let commit = try #require(garbage.first)
            let gone = String(repeating: "1", count: 40)
            let needs = MirrorNeeds(hasOpenSessions: false, commits: [workspace.session: [commit, workspace.base, gone]])
            #expect(try await fixture.care(needs) == .dropped)
            #expect(try await fixture.mirror.has(commit))
            #expect(try await fixture.mirror.objects().intersection(garbage).count < garbage.count)
            #expect(try await fixture.mirror.refs("refs/sam/base").values.sorted() == [commit, workspace.base].sorted())

            fixture.mirrorItself.markGarbage()
            #expect(try await fixture.care(Self.free) == .dropped)
            #expect(try await !fixture.mirror.has(commit))
            #expect(try await fixture.mirror.has(workspace.base), "The repository's own is reached by its branches")
        }
    }

    @Test("What is kept for a workspace that is gone holds up nothing")
    func staleKeep() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let workspace = try await fixture.workspace()
            fixture.mirrorItself.markGarbage()
            #expect(try await fixture.care(Self.free) == .nothing, "It stands")
            try FileManager.default.removeItem(atPath: workspace.path)
            #expect(try await fixture.care(Self.busy) == .nothing, "Its session may still make it")
            #expect(try await fixture.care(Self.free) == .dropped)
            #expect(try await fixture.mirror.refs("refs/sam/keep") == [:])
        }
    }

    @Test("A tidy mirror is left alone")
    func tidy() async throws {
        try await SalvageFixture.with(.none) { fixture in
            _ = try await fixture.workspace()
            #expect(try await fixture.care(Self.free) == .nothing)
            fixture.mirrorItself.markGarbage()
            #expect(try await fixture.care(Self.free) == .nothing, "A workspace stands")
        }
    }

    @Test("The work of a removed session leaves the mirror, that of others stays", arguments: [false, true])
    func forgotten(_ withWork: Bool) async throws {
        try await SalvageFixture.with { fixture in
            let (removed, other) = (try await fixture.workspace(), try await fixture.workspace())
            let script = "echo $SESSION > new.txt; git checkout -q -b more; git commit -q --allow-empty -m More; git checkout -q $BRANCH"
            let left = try await (removed.leave(script), other.leave(script))
            for session in [removed.session, other.session] {
                await fixture.host.cleanUp(session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false)
            }
            await fixture.host.forget(removed.session, of: fixture.project.id, withWork: withWork)
            fixture.mirrorItself.markGarbage()
            #expect(try await fixture.care(Self.free) == .dropped)
            #expect(try await fixture.mirror.has(left.0.commit) == !withWork)
            #expect(try await fixture.mirror.has(left.1.commit))
            let refs = try await fixture.mirror.refs("refs/heads/sam").keys
            #expect(refs.contains { $0.contains(removed.session.rawValue) } == !withWork)
            #expect(refs.count { $0.contains(other.session.rawValue) } == 2)
        }
    }

    @Test("Commits that no ref reaches stand in a repository of their own, which is whole before anything leaves the mirror")
    func lostWork() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let result = try await workspace.leave("git commit -q --allow-empty -m Away; git reset -q --hard HEAD^; echo x > new.txt")
            let lost = try #require(result.others.first { $0.kind == .lost })
            await fixture.host.cleanUp(workspace.session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false)
            // Something that it has from the mirror alone, and there nothing reaches it.
            let garbage = try await Self.litter(fixture.mirror)
            let borrowed = try #require(garbage.first)
            let repository = workspace.repository(of: lost)
            try await repository.git(["update-ref", "refs/sam/work/borrowed", borrowed])

            let needs = MirrorNeeds(hasOpenSessions: false, commits: [workspace.session: [result.base, result.commit]])
            #expect(try await fixture.care(needs) == .dropped)
            #expect(try await !fixture.mirror.has(borrowed))
            #expect(try await repository.has(borrowed))
            let check = try await repository.output(["fsck", "--full", "--connectivity-only"])
            #expect(check.termination.isSuccess, "\(check.standardError)")
        }
    }

    @Test(
        "Killed in the middle at any moment, nothing is lost, and the next time it succeeds", arguments: [0, 2, 5, 10, 20, 40],
        [false, true])
    func killed(_ milliseconds: Int, _ drops: Bool) async throws {
        try await SalvageFixture.with(.none) { fixture in
            let workspace = try await fixture.workspace()
            if drops { await fixture.host.cleanUp(workspace.session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false) }
            _ = try await Self.litter(fixture.mirror)
            let all = try await fixture.mirror.objects()
            let reached = try await fixture.mirror.objects(reachable: true)
            let kept = drops ? reached : all

            let killing = try fixture.using(
                """
                case " $* " in *" repack "*|*" prune "*) (sleep \(Double(milliseconds) / 1_000); kill -9 0) & ;; esac
                exec /usr/bin/git "$@"
                """)
            do { _ = try await killing.lookAfter(fixture.project.id) { _ in Self.free } } catch is WorkspaceError {
                // Fast enough, it was not even killed.
            }
            #expect(try await fixture.mirror.objects().isSuperset(of: kept))
            let check = try await fixture.mirror.output(["fsck", "--full", "--strict"])
            #expect(check.termination.isSuccess, "\(check.standardError)")

            _ = try await Self.litter(fixture.mirror)
            #expect(try await fixture.care(Self.free) == (drops ? .dropped : .joined))
            #expect(try await fixture.mirror.objects().isSuperset(of: kept))
            #expect(try await fixture.mirror.git(["config", "extensions.preciousObjects"]) == "true")
        }
    }

    @Test("A server that was killed with the mirror unprotected protects it at the next use", arguments: [false, true])
    func protectedAgain(_ bySession: Bool) async throws {
        try await SalvageFixture.with(.none) { fixture in
            _ = try await fixture.workspace()
            try await fixture.mirror.git(["config", "extensions.preciousObjects", "false"])
            _ = FileManager.default.createFile(atPath: fixture.mirror.path + "/sam-unprotected", contents: nil)
            if bySession { _ = try await fixture.workspace() } else { _ = try await fixture.care(Self.free) }
            #expect(try await fixture.mirror.git(["config", "extensions.preciousObjects"]) == "true")
            #expect(FileEntry(fixture.mirror.path + "/sam-unprotected") == .missing)
        }
    }

    @Test("A session that begins meanwhile is not held up, and its objects are safe")
    func givesWay() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let first = try await fixture.workspace()
            await fixture.host.cleanUp(first.session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false)
            _ = try await Self.litter(fixture.mirror)
            let pipe = fixture.folder + "/reached"
            try #require(mkfifo(pipe, 0o600) == 0)
            let slow = try fixture.using(
                "case \" $* \" in *\" repack \"*) echo > \(pipe); exec sleep 1000 ;; esac\nexec /usr/bin/git \"$@\"")
            let packing = Task { try await slow.lookAfter(fixture.project.id) { _ in Self.free } }
            _ = try await Command("/bin/cat", [pipe]).run(timeout: .seconds(120))

            let session = try #require(SessionID.random(prefix: "s"))
            let prepared = try await slow.prepare(WorkspaceRequest(session: session, project: fixture.project, branch: "sam/x"))
            #expect(try await packing.value == .nothing)
            let workspace = TestRepository(path: slow.home.workspace(session))
            #expect(try await workspace.git(["rev-parse", "HEAD"]) == prepared.base)
            #expect(try await fixture.mirror.git(["config", "extensions.preciousObjects"]) == "true")
        }
    }

    @Test("What killed gits left is removed before the next use, what is younger is not", arguments: [false, true])
    func leftovers(_ bySession: Bool) async throws {
        try await SalvageFixture.with(.none) { fixture in
            _ = try await fixture.workspace()
            let left = [
                "objects/pack/tmp_pack_abc", "objects/pack/tmp_idx_abc", "objects/pack/.tmp-123-pack-0123.pack", "objects/12/tmp_obj_x",
                "objects/tmp_objdir-incoming-x/pack/tmp_pack_y", "packed-refs.lock", "refs/remotes/origin/main.lock", "config.lock",
                "shallow.lock",
            ]
            let files = FileManager.default
            for name in left {
                let path = "\(fixture.mirror.path)/\(name)"
                try files.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                _ = files.createFile(atPath: path, contents: nil)
            }
            // In the future, as a file that somebody is writing is to who started before.
            let young = fixture.mirror.path + "/objects/pack/tmp_pack_young"
            _ = files.createFile(atPath: young, contents: nil)
            try files.setAttributes([.modificationDate: Date(timeIntervalSinceNow: 600)], ofItemAtPath: young)
            for name in left.flatMap({ [$0, ($0 as NSString).deletingLastPathComponent] }) + ["objects/tmp_objdir-incoming-x"]
            where name.contains(/tmp|lock/) {
                try files.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -600)], ofItemAtPath: "\(fixture.mirror.path)/\(name)")
            }
            let again = try LocalHost(home: fixture.host.home, programs: try #require(SalvageFixture.programs), logger: fixture.host.logger)
            if bySession {
                let session = try #require(SessionID.random(prefix: "s"))
                _ = try await again.prepare(WorkspaceRequest(session: session, project: fixture.project, branch: "sam/x"))
            } else {
                _ = try await again.lookAfter(fixture.project.id) { _ in Self.free }
            }
            let standing = left.filter { FileEntry("\(fixture.mirror.path)/\($0)") != .missing }
            #expect(standing == [])
            #expect(FileEntry(young) == .file)
        }
    }

    /// Adds commits that nothing reaches, each in a pack of its own, and single objects: enough to be untidy.
    ///
    /// - Returns: the commits and objects.
    private static func litter(_ mirror: TestRepository) async throws -> Set<String> {
        let salt = UInt64.random(in: 0 ... .max)
        let stream = (0..<22).map { number in
            let text = "\(salt) \(number)"
            return "commit refs/litter/\(number)\ncommitter A <a@b.c> 1700000000 +0000\ndata \(text.utf8.count)\n\(text)\n"
                + "M 100644 inline file\ndata \(text.utf8.count)\n\(text)\n\ncheckpoint\n\n"
        }
        try await mirror.git(["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet"], input: stream.joined())
        let refs = try await mirror.refs("refs/litter")
        try await mirror.git(["update-ref", "--stdin"], input: refs.keys.map { "delete \($0)\n" }.joined())
        var garbage = Set(refs.values)
        garbage.insert(try await mirror.git(["hash-object", "-w", "--stdin"], input: "\(salt)"))
        return garbage
    }
}

extension TestRepository {
    /// Its objects.
    func objects(reachable: Bool = false) async throws -> Set<String> {
        let text = try await git(
            reachable
                ? ["rev-list", "--objects", "--all", "--no-object-names"]
                : ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"])
        return Set(text.split(separator: "\n").map(String.init))
    }
}

extension SalvageFixture {
    var mirrorItself: Mirror { host.mirror(of: project.id) }
    var state: Mirror.State { mirrorItself.state }

    func care(_ needs: MirrorNeeds) async throws -> LocalHost.Care {
        try await host.lookAfter(project.id) { _ in needs }
    }

    /// The host with a program in git's place.
    func using(_ script: String) throws -> LocalHost {
        let program = folder + "/git-instead"
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        var host = host
        host.git.program = program
        return host
    }
}
