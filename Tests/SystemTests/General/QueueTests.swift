import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("Several sessions")
struct QueueTests {
    @Test("As many run as the setting says; the others wait in line and say at which place")
    func limit() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            _ = try await sam.sam("settings", "set", "sessions.limit", "1")
            let first = try await sam.start(project: "project", agent: "chatty", "100000")
            try await eventually("the first works") { try await phase(first, sam) == "working" }
            let second = try await sam.start(project: "project", agent: "shell", "true")
            let third = try await sam.start(project: "project", agent: "shell", "true")
            #expect(try await place(second, sam) == 1)
            #expect(try await place(third, sam) == 2)
            // In every form in which a person may look.
            let wait = "its turn: as many sessions run as may at once (sessions.limit is 1)"
            #expect(try await sam.json("sessions", "show", third)["waitingFor"]?.string == wait)
            let listed = try await sam.json("sessions", "list")["sessions"]?.elements ?? []
            #expect(
                listed.filter { $0["waitingFor"]?.string == wait }.compactMap { $0["id"]?.string } == [second, third],
                "The next stands first")
            let part = try await sam.call(.GET, "/api/v1/sessions?status=queued&limit=1")
            #expect(part["sessions"]?.elements?.compactMap { $0["id"]?.string } == [second])
            let rest = try await sam.call(.GET, "/api/v1/sessions?status=queued&limit=1&cursor=\(part["next"]?.string ?? "")")
            #expect(rest["sessions"]?.elements?.compactMap { $0["id"]?.string } == [third] && rest["next"] == nil, "\(rest.text)")
            // A limit holds also for those that run, which the server gives all at once.
            for (limit, ids) in [("1", [first]), ("2", [first, second]), ("all", [first, second, third])] {
                let cut = try await sam.sam("sessions", "list", "--limit", limit, "--json")
                let found: JSONValue = try JSONLine.decode(from: cut.text)
                #expect(found["sessions"]?.elements?.compactMap { $0["id"]?.string } == ids, "\(cut.text)")
                #expect(cut.standardError.contains("There are more than") == (limit != "all"), "\(cut.standardError)")
            }
            #expect(try await sam.sam("sessions", "list", "--limit", "1").standardError.contains("There are more than this one."))
            #expect(try await sam.sam("sessions", "show", third).text.contains("queued, number 2 in line, waiting for \(wait)"))
            #expect(try await sam.sam("sessions", "list").text.contains("number 1 in line, waiting for \(wait)"))
            _ = try await sam.sam("sessions", "cancel", second)
            #expect(try await phase(second, sam) == "cancelled")
            try await eventually("the third moves up") { try await place(third, sam) == 1 }
            _ = try await sam.sam("sessions", "cancel", first)
            #expect(try await sam.finish(third)["phase"]?.string == "completed")
        }
    }

    @Test("One's own session that only waits for a prompt is named to the one behind it, with what ends it; that starts it")
    func idle() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            _ = try await sam.sam("settings", "set", "sessions.limit", "1")
            let idle = try await sam.startIdle(agent: "shell")
            let queued = try await sam.start(project: "project", agent: "shell", "true")
            let words = "Your own \(idle) holds a slot while it waits for a prompt: sam sessions finish \(idle) ends it"
            #expect(try await sam.sam("sessions", "show", queued).text.contains(words))
            #expect(try await sam.sam("sessions", "list").text.contains(words))
            #expect(try await !sam.call(.GET, "/api/v1/sessions/\(queued)/events").text.contains(idle), "Others read the log, too")
            #expect(try await sam.sam("sessions", "finish", idle).termination == .exited(0))
            #expect(try await sam.finish(queued)["phase"]?.string == "completed")
        }
    }

    @Test("Prompts that are written while the agent works are answered in order, each once")
    func promptsInOrder() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let id = try await sam.start(project: "project", agent: "shell", "while [ ! -e go ]; do sleep 0.05; done; echo 0 >> order")
            for number in 1...3 { _ = try await sam.sam("sessions", "prompt", id, "echo \(number) >> order") }
            try await eventually("the agent works") { try await phase(id, sam) == "working" }
            _ = FileManager.default.createFile(atPath: "\(sam.home)/sessions/\(id)/workspace/go", contents: nil)
            let session = try await sam.finish(id)
            #expect(session["phase"]?.string == "completed")
            #expect(try await sam.file("order", of: session) == "0\n1\n2\n3\n")
        }
    }

    private func phase(_ id: String, _ sam: SamFixture) async throws -> String? {
        try await sam.json("sessions", "show", id)["phase"]?.string
    }

    private func place(_ id: String, _ sam: SamFixture) async throws -> Int? {
        guard case .integer(let place)? = try await sam.json("sessions", "show", id)["queuePlace"] else { return nil }
        return place
    }
}
