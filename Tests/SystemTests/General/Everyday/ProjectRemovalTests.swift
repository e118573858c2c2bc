import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("sam projects rm")
struct ProjectRemovalTests {
    /// A project with something of everything at its layer, and a session that landed.
    private func full(_ sam: SamFixture) async throws -> (id: String, session: String) {
        try await sam.project("site")
        try await sam.setCredential("anthropic", "sk-ant-test-0123456789abcdef", "--project", "site")
        _ = try await sam.sam("credentials", "off", "openai", "--project", "site", "--yes")
        for arguments in [
            ["settings", "set", "agents.handshakeSeconds", "30", "--project", "site"], ["budget", "set", "5", "--project", "site"],
            ["keys", "create", "--name", "tool", "--project", "site"],
            ["prices", "set", "house-model", "--project", "site", "--input", "1", "--output", "2"],
        ] {
            let output = try await sam.sam(arguments)
            #expect(output.termination == .exited(0), "\(output.standardError)")
        }
        let run = try await sam.run(project: "site", agent: "shell", "echo new > new.txt")
        let session = try #require(run.session["id"]?.string)
        return (try #require(run.session["projectId"]?.string), session)
    }

    @Test(
        "It says beforehand what goes; work that was not landed keeps it, --force gives that up, and nothing of it is left but what was done"
    )
    func removed() async throws {
        try await SamFixture.with { sam in
            let (id, session) = try await full(sam)
            let repository = sam.scratch + "/repositories/site"
            let head = try await sam.git(["for-each-ref"], in: repository)
            let refused = try await sam.sam("projects", "rm", "site")
            #expect(refused.termination == .exited(1))
            #expect(
                refused.text.contains("With project “site” go: 1 session, 1 credential, 1 setting, 1 budget, 1 gateway key, 1 membership"),
                "\(refused.text)")
            #expect(
                refused.standardError.contains("would be lost: \(session)") && refused.standardError.contains("--force"),
                "\(refused.standardError)")
            let outlook = try await sam.call(.GET, "/api/v1/projects/site/removal")
            #expect(outlook["unlanded"] == [.string(session)] && outlook["live"] == [])

            let removed = try await sam.sam("projects", "rm", "site", "--force", "--yes")
            #expect(removed.termination == .exited(0), "\(removed.standardError)")
            #expect(removed.text.contains("Project site is removed."))
            #expect(removed.standardError.contains("lost with it: \(session)"))
            for (table, rows) in try await sam.rows(except: ["audit", "usage", "notifications", "spending"]) {
                #expect(!rows.contains { $0.contains(id) || $0.contains(session) }, "\(table): \(rows)")
            }
            #expect(!FileManager.default.fileExists(atPath: "\(sam.home)/mirrors/\(id).git"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: sam.home + "/sessions") == [])
            #expect(try await sam.git(["for-each-ref"], in: repository) == head, "Its repository is not touched")
            let audit = try await sam.json("audit")["audit"]?.elements ?? []
            #expect(audit.contains { $0["action"] == "project.removed" && $0["subject"] == .string(id) && $0["actorName"] == "owner" })
            #expect(
                audit.contains { $0["action"] == "session.created" && $0["subject"] == .string(session) },
                "What was done stays written down")

            // The name and the repository are free again, and nothing of the old one comes back.
            try await sam.project("site2")
            let again = try await sam.sam("run", "--repo", repository, "--agent", "shell", "git tag; ls")
            #expect(again.termination == .exited(0) && again.text.contains(" on site,"), "\(again.standardError)")
            #expect(try await sam.json("credentials", "list")["credentials"] == [])
        }
    }

    @Test("One whose work has landed goes without --force; while a session is not over it stays, with --force too")
    func landed() async throws {
        try await SamFixture.with { sam in
            let (_, session) = try await full(sam)
            #expect(try await sam.sam("sessions", "land", session).termination == .exited(0))
            let live = try await sam.shell(project: "site")
            for options in [[], ["--force"]] {
                let refused = try await sam.sam(["projects", "rm", "site"] + options)
                #expect(
                    refused.termination == .exited(1) && refused.standardError.contains("sam sessions cancel \(live)"),
                    "\(refused.standardError)")
            }
            _ = try await sam.sam("sessions", "cancel", live)
            _ = try await sam.finish(live)
            let removed = try await sam.json("projects", "rm", "site", "--yes")
            #expect(removed["sessions"] == 2 && removed["unlanded"] == [])
            #expect(try await sam.sam("projects", "rm", "site").standardError.contains("no project “site”"))
        }
    }

    @Test("The branch of a removed session keeps the project and is named; one that was landed before does not; --force gives it up")
    func leftBranches() async throws {
        try await SamFixture.with { sam in
            try await sam.project("site")
            var branches: [String] = []
            for (text, lands) in [("landed", true), ("left", false)] {
                let run = try await sam.run(project: "site", agent: "shell", "echo \(text) > \(text).txt")
                let session = try #require(run.session["id"]?.string)
                branches.append(try #require(run.session["branch"]?.string))
                if lands { #expect(try await sam.sam("sessions", "land", session).termination == .exited(0)) }
                #expect(try await sam.sam("sessions", "rm", session, "--yes").termination == .exited(0))
            }
            let outlook = try await sam.call(.GET, "/api/v1/projects/site/removal")
            #expect(outlook["leftBranches"] == [.string(branches[1])] && outlook["unlanded"] == [], "\(outlook.text)")
            let refused = try await sam.sam("projects", "rm", "site", "--yes")
            #expect(
                refused.termination == .exited(1) && refused.standardError.contains("would be lost: \(branches[1]).")
                    && refused.standardError.contains("--force"), "\(refused.standardError)")
            let removed = try await sam.sam("projects", "rm", "site", "--force", "--yes")
            #expect(
                removed.termination == .exited(0) && removed.standardError.contains("lost with it: \(branches[1])"),
                "\(removed.standardError)")
        }
    }

    @Test("A member removes none, not even their own; an owner removes theirs, and an administrator any")
    func rights() async throws {
        try await SamFixture.with { sam in
            try await sam.project("site")
            try await sam.project("other")
            let token = try await sam.user("kim")
            _ = try await sam.sam("projects", "members", "add", "site", "kim")
            let before = try await sam.rows()
            for (method, path, status) in [
                (HTTPMethod.DELETE, "site", 403), (.GET, "site/removal", 403), (.DELETE, "site?force=true", 403), (.DELETE, "other", 404),
                (.GET, "other/removal", 404),
            ] {
                #expect(try await sam.call(method, "/api/v1/projects/\(path)", as: token).status == status, "\(path)")
            }
            #expect(try await sam.rows() == before)
            _ = try await sam.sam("projects", "members", "role", "site", "kim", "owner")
            #expect(try await sam.call(.GET, "/api/v1/projects/site/removal", as: token).status == 200)
            let administrator = try await sam.user("lee", role: "administrator")
            #expect(try await sam.call(.DELETE, "/api/v1/projects/site", as: token).status == 200)
            #expect(try await sam.call(.DELETE, "/api/v1/projects/other", as: administrator).status == 200)
        }
    }
}
