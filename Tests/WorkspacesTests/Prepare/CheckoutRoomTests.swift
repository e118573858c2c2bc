import Accounts
import AgentProtocol
import Foundation
import Processes
import Testing

@testable import Workspaces

@Suite("The room that a checkout takes")
struct CheckoutRoomTests {
    @Test("A small pack of one large file under many names is refused before a file is written; with few names it is checked out")
    func smallPack() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let (bomb, modest) = (try await Self.changes(fixture, names: 60), try await Self.changes(fixture, names: 2))
            #expect(bomb.pack.count < 64 << 10)

            let refused = try #require(SessionID.random(prefix: "s"))
            try await fixture.host.keep(bomb, of: refused)
            let error = await #expect(throws: WorkspaceError.self) { try await Self.prepare(fixture, refused, bomb) }
            #expect(error?.code == .diskLimit)
            let message = error?.message ?? ""
            for word in [" 241 MiB ", " 20 MiB ", "sandbox.diskMebibytes"] { #expect(message.contains(word), "\(message)") }
            #expect(!FileManager.default.fileExists(atPath: fixture.host.home.workspace(refused)))

            let session = try #require(SessionID.random(prefix: "s"))
            try await fixture.host.keep(modest, of: session)
            _ = try await Self.prepare(fixture, session, modest)
            let files = try FileManager.default.contentsOfDirectory(atPath: fixture.host.home.workspace(session))
            #expect(files.filter { $0.hasPrefix("large") }.count == 2)
        }
    }

    @Test("Files that grow while they are written, as by their attributes, stop at the limit; within it they are written")
    func growing() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let (large, small) = (try #require(SessionID.random(prefix: "s")), try #require(SessionID.random(prefix: "s")))
            let greedy = try Self.git(in: fixture, writing: fixture.host.home.workspace(large) + "/grown", mebibytes: 24)
            let error = await #expect(throws: WorkspaceError.self) { try await Self.prepare(greedy, fixture, large) }
            #expect(error?.code == .diskLimit)
            #expect(error?.message.contains("20 MiB") == true, "\(error?.message ?? "")")

            let modest = try Self.git(in: fixture, writing: fixture.host.home.workspace(small) + "/grown", mebibytes: 8, endless: false)
            _ = try await Self.prepare(modest, fixture, small)
            #expect(FileManager.default.fileExists(atPath: fixture.host.home.workspace(small) + "/README.md"))
        }
    }

    @Test(
        "Every name counts with whole blocks, and the sizes are read wherever the pieces end",
        arguments: [
            ("", 0, 0), ("0\0", 4_096, 1), ("1\0", 4_096, 1), ("4096\0-\0", 8_192, 2), ("4097\0", 8_192, 1),
            ("12\0" + "5000\0", 12_288, 2), ("99999999999999999999999999\0", 1 << 55, 1),
        ])
    func sizes(listing: String, bytes: Int, entries: Int) {
        for length in 1...3 {
            var size = TreeSize()
            var rest = Array(listing.utf8)[...]
            while !rest.isEmpty {
                size.read(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            #expect(size.bytes == bytes && size.entries == entries)
        }
    }

    @Test("A refusal names the size and the limit, or what is free")
    func sentences() {
        var size = TreeSize()
        size.read(Array("\(40 << 20)\0\(1)\0".utf8))
        func words(_ limit: Int, _ free: Int, isWhole: Bool = true) -> String? {
            size.refusal(of: "0123456789abcdef", in: TreeSize.Room(limit: limit << 20, free: free << 20), isWhole: isWhole)?.message
        }
        #expect(words(41, 41) == nil)
        #expect(
            words(40, 1)
                == "The 2 files and folders of commit 0123456789ab take 41 MiB when they are written, more than the 40 MiB that a session may take (sandbox.diskMebibytes). Start from a commit with less, or raise the setting."
        )
        #expect(words(40, 1, isWhole: false)?.contains("take at least 41 MiB") == true)
        #expect(
            words(100, 40)
                == "The 2 files and folders of commit 0123456789ab take 41 MiB when they are written, and SAM's disk has 40 MiB free. Make room there, or start from a commit with less."
        )
    }

    private static func prepare(
        _ fixture: SalvageFixture, _ session: SessionID, _ changes: CarriedChanges
    ) async throws -> PreparedWorkspace {
        try await fixture.host.prepare(
            WorkspaceRequest(session: session, project: fixture.project, branch: "sam/x", start: changes.commit, disk: 20 << 20))
    }

    private static func prepare(_ host: LocalHost, _ fixture: SalvageFixture, _ session: SessionID) async throws -> PreparedWorkspace {
        try await host.prepare(WorkspaceRequest(session: session, project: fixture.project, branch: "sam/x", disk: 20 << 20))
    }

    /// A commit on the origin's newest with one file of 4 MiB under many names.
    private static func changes(_ fixture: SalvageFixture, names: Int) async throws -> CarriedChanges {
        let work = TestRepository(path: fixture.folder + "/work-\(names)")
        try await fixture.origin.git(["clone", "-q", "--bare", ".", work.path])
        try Data(repeating: UInt8(ascii: "x"), count: 4 << 20).write(to: URL(filePath: work.path + "/large"))
        let blob = try await work.git(["hash-object", "-w", "large"])
        try await work.git(["read-tree", "main"])
        let list = (0..<names).map { "100644 \(blob)\tlarge\($0)\n" }.joined()
        try await work.git(["update-index", "--index-info"], input: list)
        let tree = try await work.git(["write-tree"])
        let commit = try await work.git(["commit-tree", "-p", "main", "-m", "changes", tree])
        let pack = try await work.output(["pack-objects", "--revs", "--stdout", "-q"], input: Array("\(commit)\n^main\n".utf8))
        return try CarriedChanges(commit: commit, pack: Data(pack.standardOutput))
    }

    /// A host whose git writes a file of its own with the others, and then waits to be ended or writes the others.
    private static func git(
        in fixture: SalvageFixture, writing file: String, mebibytes: Int, endless: Bool = true
    ) throws -> LocalHost {
        let program = fixture.folder + "/git-\(mebibytes)"
        let script = """
            #!/bin/sh
            case " $* " in *" read-tree "*) head -c \(mebibytes)M /dev/zero > \(file); \(endless ? "exec sleep 1000" : ":") ;; esac
            exec /usr/bin/git "$@"
            """
        try Data(script.utf8).write(to: URL(filePath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        var host = fixture.host
        host.git.program = program
        return host
    }
}
