import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// Backups as a person makes and restores them, with servers and agents running.
@Suite("Backups")
struct BackupTests {
    private let secret = "sk-ant-0123456789-WXYZ"

    @Test(
        "Made in the middle of running sessions and restored while they run: what was over works, what ran is interrupted, no token opens"
    )
    func inTheMiddle() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            try await sam.setCredential("anthropic", secret)
            let done = try await sam.run(
                project: "project", agent: "shell",
                """
                git checkout -q -b feat; echo f > f; git add .; git commit -qm f; git commit -q --amend -m g; git checkout -q -
                echo one > one.txt
                """)
            let doneID = try #require(done.session["id"]?.string)
            #expect(done.phase == "completed")
            _ = try await sam.sam("settings", "set", "sessions.limit", "2")
            let running = [
                try await sam.start(project: "project", agent: "chatty", "until told"),
                try await sam.start(project: "project", agent: "rehearsing", "sleep 1000"),
            ]
            for id in running {
                try await eventually("\(id) works") { try await sam.json("sessions", "show", id)["phase"]?.string == "working" }
            }
            let queued = try await sam.start(project: "project", agent: "shell", "echo two > two.txt")
            _ = try await sam.sam("sessions", "prompt", running[0], "And then?")
            let tokens = try running.map { try sam.runnerToken(of: $0) }
            for token in tokens {
                #expect(try await sam.call(.POST, "/runner/v1/heartbeat", as: token, bytes: Data()).status < 300, "The control")
            }

            let file = sam.scratch + "/monday.tar"
            let backup = try await sam.json("backup", file)
            #expect(backup["sessions"] == .integer(4) && backup["projects"] == .integer(1))
            #expect(mode(file) == 0o600)
            #expect(try await sam.sam("backup", "--verify", file).termination == .exited(0))
            try await expectNoKeys(in: file, sam)

            // What happens after the backup is not in it.
            _ = try await sam.sam("sessions", "cancel", running[0])
            _ = try await sam.finish(running[0])
            _ = try await sam.sam("settings", "set", "sessions.limit", "7")
            #expect(try await sam.finish(queued)["phase"] == "completed")
            let refused = try await sam.sam("restore", file)
            #expect(refused.termination == .exited(1) && refused.standardError.contains("process \(server)"), "\(refused.standardError)")
            try await sam.stop(server)
            let lock = "sessions/\(running[1])/attempt-1/lock"
            let runner = try #require(FileLock.holder(path: "\(sam.home)/\(lock)"), "Its agent goes on without a server")

            let restored = try await sam.sam("restore", file)
            #expect(restored.termination == .exited(0), "\(restored.standardError)")
            #expect(restored.text.contains("3 sessions that were under way are over"), "\(restored.text)")
            #expect(restored.text.contains("1 agent of the earlier state still runs"), "\(restored.text)")
            let aside = try #require(try sam.movedAside().first)
            #expect(FileManager.default.fileExists(atPath: aside + "/sam.db") && FileManager.default.fileExists(atPath: aside + "/token"))
            #expect(FileManager.default.fileExists(atPath: "\(aside)/sessions/\(running[1])/workspace"), "Nothing is deleted")

            try await sam.serve()
            for token in tokens {
                #expect(try await sam.call(.POST, "/runner/v1/heartbeat", as: token, bytes: Data()).status == 409)
                let sync = try await sam.sync("x", from: running[1], as: token)
                #expect(sync.status == 409, "\(sync.text)")
            }
            try await eventually("the old runner has ended") { kill(runner, 0) != 0 }
            #expect(try await sam.stored("SELECT COUNT(*) FROM leases WHERE session_id IS NOT NULL") == ["0"])

            for id in running {
                let session = try await sam.json("sessions", "show", id)
                #expect(session["phase"] == "interrupted" && session["settled"] == .bool(true), "\(session)")
                #expect(session["result"]?["notes"]?.elements?.last?.string?.contains("not in the backup") == true, "\(session)")
            }
            let waited = try await sam.json("sessions", "show", queued)
            #expect(waited["phase"] == "failed" && waited["failure"]?["code"] == "restored", "It does not run a second time: \(waited)")
            #expect(try await sam.sam("sessions", "list").termination == .exited(0))

            try await expectWork(of: doneID, sam)
            #expect(try await sam.sam("credentials", "explain", "anthropic").termination == .exited(0))
            let fresh = try await sam.run(project: "project", agent: "keyed", "echo three > three.txt")
            #expect(fresh.phase == "completed", "\(fresh.failureMessage)")
            #expect(try await sam.file("three.txt", of: fresh.session) == "three\n")
            let resumed = try await sam.sam("sessions", "resume", running[1], "true")
            #expect(resumed.termination == .exited(0), "\(resumed.standardError)")
            #expect(try await sam.sam("audit", "--json").text.contains("state.restored"))
            #expect(try await sam.sam("doctor").termination == .exited(0))
        }
    }

    @Test("Into another home, without the repository that the work came from: the branch is there, and is shown from there")
    func elsewhere() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            let repository = try await sam.project()
            try await sam.setCredential("anthropic", secret)
            let done = try await sam.run(project: "project", agent: "shell", "echo one > one.txt")
            let id = try #require(done.session["id"]?.string)
            try sam.write("{\"keys\": []}", to: "home/identity/openai.jwks")
            let file = sam.scratch + "/b.tar"
            #expect(try await sam.sam("backup", file).termination == .exited(0))
            try await sam.stop(server)
            #expect(try await sam.sam("backup", sam.scratch + "/c.tar").termination == .exited(0), "Without a server too")
            try FileManager.default.removeItem(atPath: repository)

            let twin = try sam.twin("twin")
            let without = try await twin.sam("restore", file)
            #expect(without.termination == .exited(1))
            let key = try #require(try await sam.stored("SELECT key_id FROM credentials").first)
            #expect(without.standardError.contains(key) && without.standardError.contains("vault.keys"), "\(without.standardError)")
            #expect(
                !FileManager.default.fileExists(atPath: twin.home + "/sam.db")
                    && !FileManager.default.fileExists(atPath: twin.home + "/vault.keys"))

            try FileManager.default.copyItem(atPath: sam.home + "/vault.keys", toPath: twin.home + "/vault.keys")
            // Keys alone are no first start.
            #expect(try await twin.sam("serve", "--port", "0", "--idle-exit", "1").termination == .exited(1))
            let restored = try await twin.json("restore", file)
            #expect(restored["movedTo"] == nil || restored["movedTo"] == .null)
            #expect(FileManager.default.fileExists(atPath: twin.home + "/agents.yaml"))
            #expect(FileManager.default.fileExists(atPath: twin.home + "/identity/openai.jwks"))
            try await twin.serve()
            let session = try await twin.json("sessions", "show", id)
            #expect(session["result"]?["mirror"]?.string?.hasPrefix(twin.home + "/mirrors/") == true, "\(session)")
            #expect(try await twin.file("one.txt", of: session) == "one\n")
            #expect(try await twin.sam("sessions", "diff", id).text.contains("+one"))
            #expect(try await twin.sam("credentials", "explain", "anthropic").termination == .exited(0))
            await twin.end()
        }
    }

    /// What can befall a backup.
    enum Mishap: String, CaseIterable, CustomTestStringConvertible {
        case missing, aFolder, empty, cutShort, cutAtTheEnd, oneByteOfTheDatabase, oneByteOfABundle, anotherFileInIt, aLinkInIt,
            aPathOutside,
            newerForm, manifestGone, notTar, aMirrorInIt, aTokenInIt, aLogOfTheDatabaseInIt

        var testDescription: String { rawValue }

        /// Strikes by rebuilding the archive from its parts, or in its bytes.
        var script: String {
            switch self {
            case .missing: "rm b.tar"
            case .aFolder: "rm b.tar; mkdir b.tar"
            case .empty: ": > b.tar"
            case .cutShort: "truncate -s 5000 b.tar"
            case .cutAtTheEnd: "truncate -s -20000 b.tar"
            case .oneByteOfTheDatabase: "cd p; printf XXXX | dd of=sam.db bs=1 seek=9000 conv=notrunc 2>/dev/null"
            case .oneByteOfABundle:
                "cd p; for f in mirrors/*.bundle; do printf XXXX | dd of=$f bs=1 seek=300 conv=notrunc 2>/dev/null; done"
            case .anotherFileInIt: "echo more > p/vault.keys"
            case .aLinkInIt: "cd p; mv sam.db x; ln -s /etc/passwd sam.db; rm x"
            case .aPathOutside:
                "rm -f b.tar; tar -C p -rf b.tar --transform 's,^sam.db$,../outside.db,' $(cd p; find . -type f | sed 's,^./,,')"
            case .newerForm: "sed -i 's/\"format\" : 1/\"format\" : 99/' p/manifest.json"
            case .manifestGone: "rm p/manifest.json"
            case .notTar: "head -c 100000 /dev/urandom > b.tar"
            case .aMirrorInIt: Self.adding("files/mirrors/p_evil.git/config")
            case .aTokenInIt: Self.adding("files/token")
            case .aLogOfTheDatabaseInIt: Self.adding("files/sam.db-wal")
            }
        }

        /// Adds a file that the manifest names with its checksum.
        private static func adding(_ path: String) -> String {
            """
            cd p; mkdir -p $(dirname \(path)); echo x > \(path)
            python3 -c 'import hashlib, json, sys; m = json.load(open("manifest.json")); path = sys.argv[1]; content = open(path, "rb").read()
            m["files"].append({"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
            json.dump(m, open("manifest.json", "w"))' \(path)
            """
        }

        var rebuilds: Bool {
            switch self {
            case .missing, .aFolder, .empty, .cutShort, .cutAtTheEnd, .aPathOutside, .notTar: false
            default: true
            }
        }
    }

    @Test("A backup that is damaged or was changed is refused with the reason, and the home is as it was; the whole one is restored")
    func damaged() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            _ = try await sam.run(project: "project", agent: "shell", "echo one > one.txt")
            let whole = sam.scratch + "/whole.tar"
            #expect(try await sam.sam("backup", whole).termination == .exited(0))
            try await sam.stop(server)
            let before = try sam.files(in: sam.home)
            for mishap in Mishap.allCases {
                try await shell(
                    "rm -rf p b.tar outside.db; mkdir p; cp whole.tar b.tar; tar -C p -xf b.tar; (\(mishap.script)); "
                        + (mishap.rebuilds ? "rm -rf b.tar; cd p; tar -rf ../b.tar $(find . -type f -o -type l | sed 's,^./,,')" : ""), sam)
                let verified = try await sam.sam("backup", "--verify", sam.scratch + "/b.tar")
                #expect(verified.termination == .exited(1), "\(mishap): \(verified.text)")
                let restored = try await sam.sam("restore", sam.scratch + "/b.tar")
                #expect(restored.termination == .exited(1), "\(mishap): \(restored.text)")
                #expect(restored.standardError.contains("Nothing was changed"), "\(mishap): \(restored.standardError)")
                #expect(try sam.files(in: sam.home) == before, "\(mishap)")
                #expect(!FileManager.default.fileExists(atPath: sam.scratch + "/outside.db"), "\(mishap)")
            }
            #expect(try await sam.sam("restore", whole).termination == .exited(0))
            #expect(try sam.movedAside().count == 1)
        }
    }

    @Test("What can't be written is said, leaves no half a file and takes no earlier backup away")
    func notWritten() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            _ = try await sam.run(project: "project", agent: "shell", "echo one > one.txt")
            let file = sam.scratch + "/backups/b.tar"
            let nowhere = try await sam.sam("backup", file)
            #expect(nowhere.termination == .exited(1) && nowhere.standardError.contains("There is no folder"), "\(nowhere.standardError)")
            try FileManager.default.createDirectory(atPath: sam.scratch + "/backups", withIntermediateDirectories: true)
            #expect(try await sam.sam("backup", file).termination == .exited(0))
            let first = try #require(FileManager.default.contents(atPath: file))
            let again = try await sam.sam("backup", file)
            #expect(again.termination == .exited(1) && again.standardError.contains("--force"), "\(again.standardError)")

            // Files may not grow beyond 64 KiB: what a full disk is to a program.
            let program = SamFixture.programs + "/sam"
            let output = try await Command(
                "/bin/sh", ["-c", "trap '' XFSZ; ulimit -f 128; exec '\(program)' backup '\(file)' --force"],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: sam.scratch
            ).run()
            #expect(output.termination == .exited(1), "\(output.text)")
            #expect(output.standardError.contains("There is no backup in"), "\(output.standardError)")
            #expect(FileManager.default.contents(atPath: file) == first)
            #expect(try FileManager.default.contentsOfDirectory(atPath: sam.scratch + "/backups") == ["b.tar"])

            #expect(try await sam.sam("backup", file, "--force").termination == .exited(0))
            #expect(FileManager.default.contents(atPath: file) != first)
        }
    }

    @Test("A restore is undone by moving the earlier state back")
    func undone() async throws {
        try await SamFixture.with { sam in
            var server = try await sam.serve()
            try await sam.project()
            // From where the command is typed.
            let file = "b.tar"
            #expect(try await sam.sam("backup", file).termination == .exited(0))
            #expect(FileManager.default.fileExists(atPath: sam.scratch + "/b.tar"))
            #expect(try await sam.sam("backup", "--verify", "./b.tar").termination == .exited(0))
            let later = try await sam.run(project: "project", agent: "shell", "echo one > one.txt")
            try await sam.stop(server)
            #expect(try await sam.sam("restore", file).termination == .exited(0))
            server = try await sam.serve()
            #expect(try await sam.json("sessions", "list")["sessions"]?.elements == [])
            try await sam.stop(server)
            let aside = try #require(try sam.movedAside().first)
            for name in try FileManager.default.contentsOfDirectory(atPath: aside) {
                try? FileManager.default.removeItem(atPath: "\(sam.home)/\(name)")
                try FileManager.default.moveItem(atPath: "\(aside)/\(name)", toPath: "\(sam.home)/\(name)")
            }
            try await sam.serve()
            #expect(try await sam.json("sessions", "list")["sessions"]?.elements?.compactMap { $0["id"] } == [later.session["id"]])
            #expect(try await sam.file("one.txt", of: later.session) == "one\n")
        }
    }

    // MARK: - Parts

    /// The work of a session that was over: its branch, its other branch and the commit that no ref reached.
    private func expectWork(of id: String, _ sam: SamFixture, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let session = try await sam.json("sessions", "show", id)
        #expect(session["phase"] == "completed", sourceLocation: sourceLocation)
        #expect(try await sam.file("one.txt", of: session) == "one\n", sourceLocation: sourceLocation)
        #expect(try await sam.sam("sessions", "diff", id).text.contains("+one"), sourceLocation: sourceLocation)
        #expect(try await sam.events(id).contains { $0["kind"] == "result" }, sourceLocation: sourceLocation)
        let others = session["result"]?["others"]?.elements ?? []
        #expect(
            others.contains { $0["kind"] == "heads" } && others.contains { $0["kind"] == "lost" }, "\(others)",
            sourceLocation: sourceLocation)
        for other in others {
            let (commit, repository) = (try #require(other["commit"]?.string), try #require(other["repository"]?.string))
            let reference = try #require(other["ref"]?.string)
            #expect(
                try await sam.git(["rev-parse", reference], in: repository).hasPrefix(commit), "\(other)", sourceLocation: sourceLocation)
            try await sam.git(["rev-list", "--objects", reference], in: repository)
        }
    }

    /// Neither a key, nor the secret, nor the owner's token stands in a backup.
    private func expectNoKeys(in file: String, _ sam: SamFixture) async throws {
        let content = try #require(FileManager.default.contents(atPath: file))
        let ring: JSONValue = try JSONLine.decode(from: try #require(FileManager.default.contents(atPath: sam.home + "/vault.keys")))
        guard case .object(let keys)? = ring["keys"] else { throw CancellationError() }
        let secrets = keys.values.compactMap(\.string) + [secret, try sam.ownerToken()]
        for text in secrets { #expect(content.range(of: Data(text.utf8)) == nil) }
        #expect(content.range(of: Data("sam.db".utf8)) != nil, "The control")
    }

    private func shell(_ script: String, _ sam: SamFixture) async throws {
        let output = try await Command(
            "/bin/sh", ["-ec", script], environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"], workingDirectory: sam.scratch
        ).run()
        try #require(output.termination == .exited(0), "\(script): \(output.standardError)")
    }

    private func mode(_ file: String) -> Int? {
        ((try? FileManager.default.attributesOfItem(atPath: file))?[.posixPermissions] as? NSNumber)?.intValue
    }
}
