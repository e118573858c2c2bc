import Accounts
import Credentials
import Foundation
import Store
import Testing
import Vault
import Workspaces

@testable import ControlPlane

@Suite("Refreshed sign-ins in a backup")
struct RenewalBackupTests {
    /// A home on which a server has run, and the id of its master key.
    private func with(_ body: (Home, String) async throws -> Void) async throws {
        let folder = "/tmp/sam-renewals-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let home = Home(path: folder + "/home")
        try home.create()
        let store = try Store.sqlite(at: home.database)
        try await store.migrate(Server.migrations, now: 0)
        let key = try await VaultOpening.open(.file(path: home.masterKeys), store: store, now: 0).currentKey.rawValue
        try await store.close()
        try await body(home, key)
    }

    /// A sealed file, as the broker writes it.
    private func file(_ id: String, _ version: Int, key: String) -> Data {
        Data(#"{"attempt":{"credential":"\#(id)","version":\#(version),"isAfterRefusal":false},"key":"\#(key)","sealed":"AAAA"}"#.utf8)
    }

    private func put(_ files: [String: Data], in home: Home) throws {
        try FileManager.default.createDirectory(atPath: home.renewals, withIntermediateDirectories: true)
        for (name, content) in files { try content.write(to: URL(filePath: "\(home.renewals)/\(name)")) }
    }

    private func backUp(_ home: Home) async throws -> (file: String, manifest: BackupManifest) {
        let file = "\(home.path)/../b.tar"
        return (file, try await BackupWriter(home: home, target: file, now: { 0 }, progress: { _ in }).write(replaces: true))
    }

    private func restore(_ file: String, _ home: Home) async throws -> Restore.Outcome {
        try await Restore(home: home, file: file, environment: [:], now: { 0 }, progress: { _ in }).run()
    }

    @Test("Those that the database does not have are in it and come back; those of the state that is moved aside are named")
    func kept() async throws {
        try await with { home, key in
            let mine = file("c_1", 4, key: key)
            try put(["c_1.4": mine, "c_2.1.new": Data("{".utf8)], in: home)
            let (backup, manifest) = try await backUp(home)
            #expect(manifest.files.map(\.path).filter { $0.contains("renewals") } == ["files/renewals/c_1.4"])
            #expect(manifest.masterKeys == [key] && manifest.notes == [])

            try FileManager.default.removeItem(atPath: home.renewals)
            try put(["c_1.5": mine, "c_3.1": mine], in: home)
            let outcome = try await restore(backup, home)
            #expect(outcome.moved.contains("renewals") && outcome.moved.contains("sam.db"), "\(outcome.moved)")
            let aside = try #require(outcome.movedTo)
            #expect(outcome.notes.count == 1, "\(outcome.notes)")
            #expect(outcome.notes.first?.contains("2 refreshed sign-ins") == true && outcome.notes.first?.contains(aside) == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: home.renewals) == ["c_1.4"])
            let path = "\(home.renewals)/c_1.4"
            #expect(FileManager.default.contents(atPath: path) == mine)
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: aside + "/renewals").sorted() == ["c_1.5", "c_3.1"])
        }
    }

    @Test("Where there are none, none are in it, and a restore says nothing of any")
    func none() async throws {
        try await with { home, _ in
            let (backup, manifest) = try await backUp(home)
            #expect(!manifest.files.contains { $0.path.contains("renewals") })
            #expect(manifest.masterKeys == [])
            let outcome = try await restore(backup, home)
            #expect(outcome.moved.contains("sam.db") && !outcome.moved.contains("renewals"), "\(outcome.moved)")
            #expect(outcome.notes == [])
            #expect(!FileManager.default.fileExists(atPath: home.renewals))
        }
    }

    @Test("A restore without the master key that one is sealed with is refused and changes nothing")
    func missingKey() async throws {
        try await with { home, _ in
            try put(["c_1.4": file("c_1", 4, key: "k_elsewhere")], in: home)
            let (backup, manifest) = try await backUp(home)
            #expect(manifest.masterKeys == ["k_elsewhere"])
            let error = await #expect(throws: BackupError.self) { _ = try await restore(backup, home) }
            #expect(error?.message.contains("k_elsewhere") == true, "\(error.debugDescription)")
            #expect(home.earlierStates == [])
            #expect(try FileManager.default.contentsOfDirectory(atPath: home.renewals) == ["c_1.4"])
        }
    }

    @Test("One that can't be read is named in the backup", .enabled(if: geteuid() != 0, "root reads everything"))
    func unreadable() async throws {
        try await with { home, key in
            try put(["c_1.4": file("c_1", 4, key: key), "c_2.1": file("c_2", 1, key: key)], in: home)
            chmod("\(home.renewals)/c_2.1", 0)
            let (_, manifest) = try await backUp(home)
            #expect(manifest.files.map(\.path).filter { $0.contains("renewals") } == ["files/renewals/c_1.4"])
            #expect(manifest.notes.count == 1 && manifest.notes[0].contains("c_2.1"), "\(manifest.notes)")
        }
    }
}
