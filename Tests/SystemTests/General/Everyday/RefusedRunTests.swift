import AgentProtocol
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("A run that is refused")
struct RefusedRunTests {
    @Test(
        "It leaves no project, whatever it is refused for",
        arguments: [
            (["--agent", "scuot"], 1, "Did you mean “scout”?"), (["--agent", "not-installed"], 1, "Get it from nowhere."),
            (["--agent", "keyed"], 3, "turned off"), (["--agent", "keyed", "--provider", "openai"], 1, "openai"),
            (["--agent", "keyed", "--provider", "google"], 1, "does not work with google"),
            (["--agent", "codex-like"], 1, "sam projects add"), (["--agent", "shell", "--model", "fast"], 1, "works without a model"),
        ])
    func refused(_ options: [String], _ code: Int32, _ words: String) async throws {
        try await SamFixture.with { sam in
            let repository = try await sam.repository("site", files: ["README.md": "# Site\n"])
            try await sam.setCredential("anthropic", "sk-ant-test-0123456789abcdef")
            _ = try await sam.sam("credentials", "off", "anthropic", "--yes", "--reason", "not today")
            let before = try await sam.rows(except: ["audit"])
            let run = try await sam.sam(["run", "--repo", repository] + options + ["Go."])
            #expect(run.termination == .exited(code), "\(run.standardError)")
            #expect(run.standardError.contains(words), "\(run.standardError)")
            #expect(try await sam.rows(except: ["audit"]) == before, "Neither a project nor a session is left")
            #expect(try await sam.json("audit")["audit"]?.elements?.contains { $0["action"] == "project.added" } == false)

            // The same repository, and nothing to refuse.
            let taken = try await sam.sam("run", "--repo", repository, "--agent", "shell", "ls")
            #expect(taken.termination == .exited(0), "\(taken.standardError)")
            let projects = try await sam.json("projects", "list")["projects"]?.elements ?? []
            #expect(projects.compactMap { $0["name"]?.string } == ["site"])
        }
    }

    @Test("In a project that is there already, a session that is refused for its key is kept with the reason, as before")
    func known() async throws {
        try await SamFixture.with { sam in
            let repository = try await sam.project("site")
            try await sam.setCredential("anthropic", "sk-ant-test-0123456789abcdef")
            _ = try await sam.sam("credentials", "off", "anthropic", "--yes")
            let run = try await sam.sam("run", "--repo", repository, "--agent", "keyed", "Go.")
            #expect(run.termination == .exited(3), "\(run.standardError)")
            let sessions = try await sam.json("sessions", "list")["sessions"]?.elements ?? []
            #expect(sessions.map { $0["failure"]?["code"]?.string } == ["credentialBlocked"])
        }
    }

    @Test("A session is for a project or for a repository, and a member adds none")
    func either() async throws {
        try await SamFixture.with { sam in
            let repository = try await sam.project("site")
            let token = try await sam.user("kim")
            for body: JSONValue in [
                [:], ["project": "site", "repository": .string(repository)], ["prompt": "Go."],
            ] {
                let reply = try await sam.call(.POST, "/api/v1/sessions", body)
                #expect(reply.status == 400 && reply.text.contains("name one of them"), "\(reply.text)")
            }
            let hers = try await sam.call(.POST, "/api/v1/sessions", as: token, ["repository": .string(repository), "agent": "shell"])
            #expect(hers.status == 403, "\(hers.text)")
            let his = try await sam.call(.POST, "/api/v1/sessions", ["repository": .string(repository), "agent": "shell", "prompt": "ls"])
            #expect(his.status == 201 && his["project"] == "site", "\(his.text)")
        }
    }
}
