import AgentProtocol
import Foundation
import Processes
import Store
import Testing

@testable import SystemSupport

/// From outside: what people see of rows that can't be read.
@Suite("Rows that can't be read")
struct UnreadableRowTests {
    @Test("A session of a newer SAM is listed with the reason, beside others that continue, also after a restart; the doctor names it")
    func session() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "shell", "echo one > one.txt")
            let id = try #require(finished.session["id"]?.string)
            #expect(try await sam.json("sessions", "list")["unreadable"]?.elements == [])
            #expect(try await findings(sam) == ["ok"])
            try await change(sam, "UPDATE sessions SET state = replace(state, '\"version\":2', '\"version\":99') WHERE id = $1", id)
            try await expectUnreadable(id, sam)

            try await sam.killHard(server)
            try? FileManager.default.removeItem(atPath: sam.home + "/server.json")
            try await sam.serve()
            try await expectUnreadable(id, sam)
            let other = try await sam.run(project: "project", agent: "shell", "echo two > two.txt")
            #expect(other.phase == "completed")

            let shown = try await sam.sam("sessions", "show", id)
            #expect(shown.termination == .exited(1))
            #expect(shown.standardError.contains("version 99") && shown.standardError.contains("sam sessions rm \(id) --force"))
            let log = try String(contentsOfFile: sam.scratch + "/server.log", encoding: .utf8)
            #expect(log.split(separator: "\n").count { $0.contains("sessions \(id) can't be read") } == 2, "Once for each server: \(log)")

            // As the SAM that wrote it would find it.
            try await change(sam, "UPDATE sessions SET state = replace(state, '\"version\":99', '\"version\":2') WHERE id = $1", id)
            #expect(try await sam.json("sessions", "show", id)["phase"]?.string == "completed")
            #expect(try await sam.json("sessions", "list")["unreadable"]?.elements == [])
        }
    }

    @Test("A damaged session is given up by who says so")
    func givenUp() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let id = try await sam.start(project: "project", agent: "chatty", "until told")
            try await eventually("the agent works") { try await sam.json("sessions", "show", id)["phase"]?.string == "working" }
            try await change(sam, "UPDATE sessions SET state = 'garbage' WHERE id = $1", id)
            // The agent itself goes on, and its runner keeps what it tells.
            #expect(try await sam.sam("sessions", "rm", id, "--yes").termination == .exited(1))
            #expect(FileLock.holder(path: "\(sam.home)/sessions/\(id)/attempt-1/lock") != nil)
            let list = try await sam.sam("sessions", "list")
            #expect(list.standardError.contains("It counts as one that runs."))
            let removed = try await sam.sam("sessions", "rm", id, "--force", "--yes")
            #expect(removed.termination == .exited(0), "\(removed.standardError)")
            #expect(!FileManager.default.fileExists(atPath: "\(sam.home)/sessions/\(id)"))
            #expect(try await sam.json("sessions", "list")["unreadable"]?.elements == [])
            #expect(SamFixture.processes(with: id).isEmpty)
        }
    }

    @Test("Other rows that can't be read hide none of their kind, and the doctor names each")
    func others() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            try await sam.project("second")
            _ = try await sam.sam("budget", "set", "5", "--period", "day")
            let good = try await sam.json("keys", "create", "--name", "good")
            let bad = try await sam.json("keys", "create", "--name", "bad")
            let key = try #require(bad["key"]?["id"]?.string ?? bad["id"]?.string, "\(bad)")
            try await change(sam, "UPDATE leases SET made_at = 'yesterday' WHERE key_id = $1", key)
            try await change(sam, "UPDATE projects SET sandbox = 'paper' WHERE name = $1", "second")
            #expect(try await sam.json("projects", "list")["projects"]?.elements?.compactMap { $0["name"]?.string } == ["project"])
            #expect(try await sam.json("keys", "list")["keys"]?.elements?.count == 1, "\(good)")
            let doctor = try await sam.sam("doctor")
            #expect(doctor.termination == .exited(0), "\(doctor.text)")
            #expect(doctor.text.contains("leases \(key) can't be read"), "\(doctor.text)")
            #expect(doctor.text.contains("column sandbox holds “paper”"), "\(doctor.text)")
        }
    }

    // MARK: - Parts

    private func expectUnreadable(_ id: String, _ sam: SamFixture, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let listing = try await sam.json("sessions", "list")
        let unreadable = listing["unreadable"]?.elements ?? []
        #expect(unreadable.map { $0["id"]?.string } == [id], sourceLocation: sourceLocation)
        #expect(unreadable.first?["reason"]?.string?.contains("version 99") == true, sourceLocation: sourceLocation)
        #expect(unreadable.first?["holdsSlot"] == .bool(false), "It is settled", sourceLocation: sourceLocation)
        let list = try await sam.sam("sessions", "list")
        #expect(list.termination == .exited(0))
        #expect(list.text.split(separator: "\n").contains { $0.contains(id) && $0.contains("unreadable") }, sourceLocation: sourceLocation)
        #expect(list.standardError.contains("version 99"), sourceLocation: sourceLocation)
        #expect(try await findings(sam) == ["warning"], sourceLocation: sourceLocation)
    }

    /// How bad the doctor finds the database.
    private func findings(_ sam: SamFixture) async throws -> [String] {
        let report: JSONValue = try JSONLine.decode(from: try await sam.sam("doctor", "--json").text)
        return (report["findings"]?.elements ?? []).filter { $0["name"] == "database" }.compactMap { $0["severity"]?.string }
    }

    private func change(_ sam: SamFixture, _ statement: String, _ value: String) async throws {
        let changed = try await Store.sqlite(at: sam.home + "/sam.db").write { try $0.execute(statement, value) }
        #expect(changed == 1)
    }
}
