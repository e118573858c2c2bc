import AgentProtocol
import Foundation
import Logging
import Sandbox
import Testing

@testable import Accounts
@testable import Workspaces

@Suite("Removing what is no longer needed", .serialized)
struct TrashTests {
    @Test("Cleaning up takes a workspace away at once; its files are removed behind that")
    func atOnce() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            try await workspace.run("mkdir -p a/b c; echo x > a/b/file; ln -s / c/root; chmod 0 a/b a c . ")
            let beside = fixture.folder + "/beside"
            try "kept".write(toFile: beside, atomically: true, encoding: .utf8)
            await fixture.host.cleanUp(workspace.session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false)
            #expect(FileEntry(workspace.path) == .missing)
            #expect(FileEntry(fixture.host.home.session(workspace.session)) == .missing)
            await fixture.host.trash.emptied()
            #expect(Mirror.names(in: fixture.host.home.trash) == [])
            #expect(FileEntry(beside) == .file)
        }
    }

    @Test("What a server did not come to remove goes after the next start")
    func afterStart() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let left = fixture.host.home.trash + "/left/deep"
            try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
            let old = fixture.host.home.sandboxFiles.folder + "/local-old"
            try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: true)
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -600)], ofItemAtPath: old)
            let house = Task { await fixture.host.keepHouse { _ in MirrorNeeds(hasOpenSessions: true, commits: [:]) } }
            while FileEntry(fixture.host.home.trash + "/left") != .missing || FileEntry(old) != .missing {
                try await Task.sleep(for: .milliseconds(20))
            }
            house.cancel()
            await house.value
        }
    }

    @Test("What can't be moved aside is removed in its place")
    func elsewhere() async throws {
        let folder = "/tmp/sam-trash-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder + "/thing/deep", withIntermediateDirectories: true)
        let trash = Trash(folder: folder + "/no-such-folder", logger: Logger(label: "test"))
        #expect(await !trash.take(folder + "/thing"))
        #expect(FileEntry(folder + "/thing/deep") == .folder, "It stands as it was")
        #expect(await Removal(path: folder).run())
        #expect(FileEntry(folder) == .missing)
        #expect(await trash.take(folder), "What is not there is gone")
    }
}
