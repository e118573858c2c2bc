import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

/// What a server makes of a home that is not as it left it.
@Suite("SAM's state")
struct StateTests {
    @Test("After a stop the database's file alone is whole, with the newest session in it")
    func stopped() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            let session = try await sam.run(project: "project", agent: "shell", "echo one > one.txt").session
            #expect(sam.size("sam.db-wal") > 0, "While it runs the newest stands in the log")
            try await sam.stop(server)
            #expect(sam.size("sam.db-wal") == 0)
            let twin = try sam.twin("twin")
            for name in ["sam.db", "vault.keys", "agents.yaml"] {
                try? FileManager.default.removeItem(atPath: "\(twin.home)/\(name)")
                try FileManager.default.copyItem(atPath: "\(sam.home)/\(name)", toPath: "\(twin.home)/\(name)")
            }
            try await twin.serve()
            #expect(try await twin.json("sessions", "list")["sessions"]?.elements?.compactMap { $0["id"] } == [session["id"]])
            await twin.end()
        }
    }

    /// What can befall the database.
    enum Mishap: String, CaseIterable, CustomTestStringConvertible {
        case removed, removedWithKeysInTheEnvironment, removedWithTokenAndKeys, emptied, withoutTables, aLinkToNothing, another, garbage,
            tornHeader,
            cutShort, onePage

        var testDescription: String { rawValue }

        /// What the sentence says of it.
        var word: String {
            switch self {
            case .removed, .removedWithKeysInTheEnvironment, .removedWithTokenAndKeys, .aLinkToNothing: "missing"
            case .emptied, .withoutTables: "empty"
            case .another: "something else"
            case .garbage, .tornHeader, .cutShort, .onePage: "damaged"
            }
        }

        func strike(_ home: String) async throws {
            let files = FileManager.default
            let path = home + "/sam.db"
            let content = try #require(files.contents(atPath: path))
            try files.removeItem(atPath: path)
            switch self {
            case .removed, .removedWithKeysInTheEnvironment: return
            case .removedWithTokenAndKeys:
                for name in ["token", "vault.keys", "usage.spool"] { try files.removeItem(atPath: "\(home)/\(name)") }
                return
            case .aLinkToNothing: return try files.createSymbolicLink(atPath: path, withDestinationPath: "/nowhere/sam.db")
            case .withoutTables, .another:
                let python = try #require(Program.find("python3"))
                let end = self == .another ? "" : "; d.execute('DROP TABLE t')"
                let script = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('CREATE TABLE t (x)')" + end
                let output = try await Command(python, ["-c", script, path]).run()
                try #require(output.termination == .exited(0))
                return
            case .emptied: try Data().write(to: URL(filePath: path))
            case .garbage: try Data("no database".utf8).write(to: URL(filePath: path))
            case .tornHeader: try (Data(repeating: 7, count: 512) + content.dropFirst(512)).write(to: URL(filePath: path))
            case .cutShort: try content.prefix(content.count / 2).write(to: URL(filePath: path))
            case .onePage:
                var content = content
                content.replaceSubrange(8_192..<12_288, with: Data(repeating: 0x5a, count: 4_096))
                try content.write(to: URL(filePath: path))
            }
        }
    }

    @Test("A database that is gone, empty or damaged is named with what to do, and nothing is begun in its place; put back, it serves")
    func refused() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            let repository = try await sam.project()
            _ = try await sam.run(project: "project", agent: "shell", "echo one > one.txt")
            try await sam.setCredential("anthropic", "sk-ant-0123456789-WXYZ")
            try await sam.stop(server)
            let whole = sam.scratch + "/whole"
            try FileManager.default.moveItem(atPath: sam.home, toPath: whole)
            for mishap in Mishap.allCases {
                try FileManager.default.copyItem(atPath: whole, toPath: sam.home)
                try await mishap.strike(sam.home)
                try await expectRefusal(mishap, sam)
                try FileManager.default.removeItem(atPath: sam.home)
            }
            // A command that would start a server says the same.
            try FileManager.default.copyItem(atPath: whole, toPath: sam.home)
            try await Mishap.removed.strike(sam.home)
            let run = try await sam.sam("run", "--repo", repository, "x")
            #expect(run.termination == .exited(1) && run.standardError.contains("database is missing"), "\(run.standardError)")
            #expect(!FileManager.default.fileExists(atPath: sam.home + "/sam.db"))

            try FileManager.default.copyItem(atPath: whole + "/sam.db", toPath: sam.home + "/sam.db")
            try await sam.serve()
            #expect(try await sam.json("sessions", "list")["sessions"]?.elements?.count == 1)
            #expect(try await sam.sam("doctor").termination == .exited(0))
        }
    }

    private func expectRefusal(_ mishap: Mishap, _ sam: SamFixture) async throws {
        let before = try sam.files(in: sam.home)
        let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        let environment = mishap == .removedWithKeysInTheEnvironment ? ["SAM_MASTER_KEYS": "mk_000000000000:\(key)"] : [:]
        let output = try await sam.sam(["serve", "--port", "0", "--idle-exit", "1"], environment: environment)
        #expect(output.termination == .exited(1), "\(mishap): \(output.text)")
        for word in [sam.home + "/sam.db", mishap.word, "sam restore", "Nothing was changed"] {
            #expect(output.standardError.contains(word), "\(mishap): \(output.standardError)")
        }
        let doctor = try await sam.sam("doctor")
        #expect(doctor.termination == .exited(1), "\(mishap)")
        #expect(doctor.text.contains(mishap.word) && doctor.text.contains("sam restore"), "\(mishap): \(doctor.text)")
        let backup = try await sam.sam("backup", sam.scratch + "/b.tar")
        #expect(backup.termination == .exited(1) && backup.standardError.contains(mishap.word), "\(mishap): \(backup.standardError)")
        #expect(!FileManager.default.fileExists(atPath: sam.scratch + "/b.tar"), "\(mishap)")
        #expect(try sam.files(in: sam.home) == before, "\(mishap): no token, no keys, no database was made or changed")
    }

    @Test("A database of an earlier SAM is made one that gives room back, at its first start, with everything in it")
    func modernised() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            let session = try await sam.run(project: "project", agent: "shell", "echo one > one.txt").session
            try await sam.stop(server)
            let python = try #require(Program.find("python3"))
            let script = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('PRAGMA auto_vacuum = 0'); d.execute('VACUUM')"
            let output = try await Command(python, ["-c", script, sam.home + "/sam.db"]).run()
            try #require(output.termination == .exited(0), "\(output.standardError)")
            #expect(try await sam.stored("PRAGMA auto_vacuum") == ["0"])
            let rows = try await sam.rows()
            for round in 0..<2 {
                let again = try await sam.serve()
                #expect(try await sam.json("sessions", "list")["sessions"]?.elements?.compactMap { $0["id"] } == [session["id"]])
                try await sam.stop(again)
                #expect(try await sam.stored("PRAGMA auto_vacuum") == ["2"])
                let log = try String(contentsOfFile: sam.scratch + "/server.log", encoding: .utf8)
                #expect(log.components(separatedBy: "rewritten once").count == 2, "Once, also in round \(round)")
            }
            #expect(try await sam.rows() == rows)
        }
    }

    @Test("A first start is one in a home with nothing of a server's in it, also with master keys in the environment")
    func firstStart() async throws {
        try await SamFixture.with { sam in
            // What people put there before, and what any command makes.
            try sam.write("prices: []\n", to: "home/prices.yaml")
            for folder in ["mirrors", "sessions", "sockets", "identity"] {
                try FileManager.default.createDirectory(atPath: "\(sam.home)/\(folder)", withIntermediateDirectories: true)
            }
            #expect(try await sam.sam("doctor").text.contains("the first start creates it"))
            let key = Data(repeating: 7, count: 32).base64EncodedString()
            let output = try await sam.sam(
                ["serve", "--port", "0", "--idle-exit", "1"], environment: ["SAM_MASTER_KEYS": "mk_000000000000:\(key)"])
            #expect(output.termination == .exited(0), "\(output.standardError)")
            #expect(sam.size("sam.db") > 0 && sam.size("token") > 0)
        }
    }

    @Test("What sessions with large logs took of the disk is given back when they are removed, while the server runs")
    func givenBack() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let session = try await sam.run(project: "project", agent: "shell", "echo one").session
            let id = try #require(session["id"]?.string)
            // As much as a long session says.
            let python = try #require(Program.find("python3"))
            let script = """
                import sqlite3, sys
                d = sqlite3.connect(sys.argv[1], timeout=30)
                d.executemany("INSERT INTO session_event_blobs VALUES (?, ?, ?)", [(sys.argv[2], 100000 + n, '"' + "x" * 100000 + '"') for n in range(200)])
                d.commit()
                """
            let output = try await Command(python, ["-c", script, sam.home + "/sam.db", id]).run()
            try #require(output.termination == .exited(0), "\(output.standardError)")
            #expect(sam.size("sam.db") + sam.size("sam.db-wal") > 20_000_000)
            let removed = try await sam.sam("sessions", "rm", id, "--force", "--yes")
            #expect(removed.termination == .exited(0), "\(removed.standardError)")
            try await eventually("the room is given back") { sam.size("sam.db") < 4_000_000 && sam.size("sam.db-wal") <= 8 << 20 }
            #expect(try await sam.sam("doctor").text.contains("every row can be read"))
        }
    }
}

extension SamFixture {
    /// Ends the server of this home.
    func end() async {
        while let pid = FileLock.holder(path: home + "/server.lock") {
            kill(pid, SIGKILL)
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
