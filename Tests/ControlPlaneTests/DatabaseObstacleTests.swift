import API
import Foundation
import Store
import Testing
import Workspaces

@testable import ControlPlane

@Suite("What keeps SAM from using its database")
struct DatabaseObstacleTests {
    @Test(
        "Is told with its own remedy, and never with a backup",
        arguments: [
            (DatabaseObstacle.denied(path: "/h/sam.db", folder: "/h"), "chmod 600 '/h/sam.db'"),
            (.denied(path: "/h", folder: "/h"), "chmod 700 '/h'"), (.readOnlyDisk(path: "/h/sam.db"), "Mount it for writing"),
            (.diskFull(path: "/h/sam.db"), "Free some space"),
        ])
    func remedy(_ obstacle: DatabaseObstacle, _ remedy: String) {
        let sentence = obstacle.problem.sentence
        #expect(sentence.contains(remedy) && sentence.contains("/h"))
        for word in ["restore", "SQLite", "damaged"] { #expect(!sentence.contains(word)) }
    }

    @Test("Is recognised by the kind of error; damage and other errors are none")
    func kinds() {
        let home = Home(path: "/nowhere/home")
        #expect(DatabaseObstacle(StoreError(.full, "m"), home: home) == .diskFull(path: home.database))
        #expect(DatabaseObstacle(StoreError(.denied, "m"), home: home) == .denied(path: home.database, folder: home.path))
        for code in [StoreError.Code.corrupt, .busy, .constraint, .other, .schemaTooNew] {
            #expect(DatabaseObstacle(StoreError(code, "m"), home: home) == nil)
        }
        #expect(DatabaseObstacle(CancellationError(), home: home) == nil)
    }

    @Test("A missing home and one that is this user's have none; damage is still told with a backup as the remedy")
    func sound() async throws {
        let folder = "/tmp/sam-obstacle-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let home = Home(path: folder)
        #expect(DatabaseObstacle.found(home) == nil)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(repeating: 7, count: 8_192).write(to: URL(filePath: home.database))
        #expect(DatabaseObstacle.found(home) == nil)
        #expect(await StateGuard(home: home).problem(.everything)?.remedy.contains("sam restore FILE") == true)
    }

    @Test(
        "A file or a home that this user may not write is found before anything is opened",
        .enabled(if: geteuid() != 0, "root writes everything"), arguments: ["sam.db", ""])
    func found(_ name: String) async throws {
        let folder = "/tmp/sam-obstacle-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let home = Home(path: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(repeating: 7, count: 8_192).write(to: URL(filePath: home.database))
        let path = name.isEmpty ? folder : home.database
        let usual = name.isEmpty ? 0o700 : 0o600
        defer {
            try? FileManager.default.setAttributes([.posixPermissions: usual], ofItemAtPath: path)
            try? FileManager.default.removeItem(atPath: folder)
        }
        try FileManager.default.setAttributes([.posixPermissions: usual & 0o555], ofItemAtPath: path)
        #expect(await StateGuard(home: home).problem(.everything)?.remedy.contains("chmod") == true)
    }

    @Test("A member is not told where the home is and which process serves it; an administrator is")
    func view() {
        let view = ServerView(version: "1", home: "/h", url: "http://127.0.0.1:1", remote: nil, idleExit: nil, process: 7)
        #expect(view.forMembers.home == nil && view.forMembers.process == nil)
        #expect(view.forMembers.url == view.url && view.home == "/h" && view.process == 7)
    }
}
