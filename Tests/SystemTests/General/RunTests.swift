import AgentProtocol
import Processes
import Testing

@testable import SystemSupport

@Suite("sam run")
struct RunTests {
    @Test("An agent's work comes back as a branch, and the repository is not touched")
    func workComesBack() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.project()
            let finished = try await sam.run(
                project: "project", agent: "shell", "echo hello > new.txt && git add -A && git commit -qm Work && echo more > loose.txt")
            #expect(finished.phase == "completed")
            #expect(try await sam.file("new.txt", of: finished.session) == "hello\n")
            #expect(try await sam.file("loose.txt", of: finished.session) == "more\n", "What was not committed is kept too")
            #expect(try await sam.git(["branch", "--list"], in: path) == "* main\n")
        }
    }

    @Test("The phases are entered in order, and ready comes after the agent's answer to the handshake")
    func phasesInOrder() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let finished = try await sam.run(project: "project", agent: "slow", "true")
            #expect(
                finished.phases == [
                    "queued", "preparing", "booting", "starting", "ready", "working", "ready", "finishing", "completed",
                ])
            let kinds = finished.events.compactMap { event in
                event["kind"]?.string == "state" ? event["payload"]?["phase"]?.string : event["kind"]?.string
            }
            let handshake = try #require(kinds.firstIndex(of: "handshake"))
            let ready = try #require(kinds.firstIndex(of: "ready"))
            #expect(handshake < ready)
        }
    }

    @Test("A session that changes nothing ends without a branch and says so")
    func nothingChanged() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let output = try await sam.sam("run", "--project", "project", "--agent", "shell", "true")
            #expect(output.termination == .exited(0))
            #expect(output.text.contains("It changed nothing, so there is no branch."))
        }
    }
}
