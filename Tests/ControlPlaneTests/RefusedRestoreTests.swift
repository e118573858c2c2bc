import Foundation
import Processes
import Testing
import Workspaces

@testable import ControlPlane

@Suite("A restore that is refused")
struct RefusedRestoreTests {
    private func with(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/sam-restore-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func restore(_ file: String, to home: String) async -> BackupError? {
        await #expect(throws: BackupError.self) {
            _ = try await Restore(home: Home(path: home), file: file, environment: [:], now: { 0 }, progress: { _ in }).run()
        }
    }

    @Test("Makes nothing where no home is, nor above it", arguments: ["home", "a/b/home"], ["no file", "no backup"])
    func missingHome(_ place: String, _ kind: String) async throws {
        try await with { folder in
            if kind == "no backup" { try Data("x".utf8).write(to: URL(filePath: folder + "/file.tar")) }
            let before = try FileManager.default.subpathsOfDirectory(atPath: folder)
            let error = await restore(folder + "/file.tar", to: "\(folder)/\(place)")
            #expect(error?.message.contains("Nothing was changed") == true, "\(error.debugDescription)")
            #expect(try FileManager.default.subpathsOfDirectory(atPath: folder) == before)
        }
    }

    @Test("Leaves a home as it is, with its lock if there was one", arguments: [["notes.txt"], ["notes.txt", "server.lock"], []])
    func home(_ files: [String]) async throws {
        try await with { folder in
            for file in files { try Data("x".utf8).write(to: URL(filePath: "\(folder)/\(file)")) }
            _ = await restore("/nowhere/file.tar", to: folder)
            #expect(try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() == files.sorted())
        }
    }

    @Test(
        "Says that a server runs only when one does, and else what keeps the home from being used", arguments: ["held", "folder", "loop"])
    func lock(_ kind: String) async throws {
        try await with { folder in
            var lock: FileLock?
            switch kind {
            case "held": lock = FileLock(path: folder + "/server.lock")
            case "folder": try FileManager.default.createDirectory(atPath: folder + "/server.lock", withIntermediateDirectories: false)
            default: try FileManager.default.createSymbolicLink(atPath: folder + "/server.lock", withDestinationPath: "server.lock")
            }
            let error = await restore("/nowhere/file.tar", to: folder)
            #expect(error?.message.contains("A server runs") == (kind == "held"), "\(error.debugDescription)")
            #expect(error?.message.contains("sam stop") == (kind == "held"))
            #expect(error?.message.contains("server.lock can't be opened") == (kind != "held"), "\(error.debugDescription)")
            #expect(error?.message.hasSuffix("Nothing was changed.") == true)
            withExtendedLifetime(lock) {}
        }
    }

    @Test("Names a home that can't be written as such", .enabled(if: geteuid() != 0, "root writes everywhere"), arguments: [0o500, 0o000])
    func unwritable(_ mode: Int) async throws {
        try await with { folder in
            let home = folder + "/home"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: home)
            defer { chmod(home, 0o700) }
            let error = await restore("/nowhere/file.tar", to: home)
            #expect(error?.message.contains("can't be read and written") == true, "\(error.debugDescription)")
            #expect(error?.message.contains("A server runs") == false)
        }
    }

    @Test("A manifest's form is one that SAM had; beside it the present one is read", arguments: [-1, 0, Int.min, 2, Int.max])
    func form(_ form: Int) async throws {
        try await with { folder in
            let known = BackupManifest(
                format: 1, sam: "0.1.0", madeAt: 1, home: "/h", schema: [:], masterKeys: [], sessions: 0, projects: 0, notes: [], files: [])
            try known.write(to: folder + "/known")
            #expect(try BackupManifest.read(folder + "/known") == known)
            var other = known
            other.format = form
            try other.write(to: folder + "/other")
            let error = #expect(throws: BackupError.self) { try BackupManifest.read(folder + "/other") }
            #expect(error?.message.contains("form \(form)") == true, "\(error.debugDescription)")
        }
    }
}
