import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("The same act is the same in every command")
struct OneRuleTests {
    @Test("What is deleted for good needs --yes where nobody can be asked, with --json too, and nothing is changed without it")
    func deletions() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.setCredential("anthropic", "sk-ant-test-0123456789abcdef")
            let run = try await sam.run(project: "project", agent: "shell", "true")
            let session = try #require(run.session["id"]?.string)
            let acts = [
                ["sessions", "rm", session], ["sessions", "rm", session, "--force"], ["projects", "rm", "project"],
                ["projects", "rm", "project", "--json"], ["credentials", "rm", "anthropic"], ["credentials", "rm", "anthropic", "--json"],
                ["credentials", "recover", "openai-chatgpt", "--discard"],
                ["credentials", "recover", "openai-chatgpt", "--discard", "--json"],
                ["vault", "rotate"], ["vault", "rotate", "--json"],
            ]
            let before = try await sam.rows()
            for act in acts {
                let refused = try await sam.sam(act)
                #expect(
                    refused.termination == .exited(1) && refused.standardError.contains("needs --yes"), "\(act): \(refused.standardError)")
            }
            #expect(try await sam.rows() == before)
            for act in [acts[1], acts[5], acts[9], acts[3]] {
                let done = try await sam.sam(act + ["--yes"])
                #expect(done.termination == .exited(0), "\(act): \(done.standardError)")
            }
        }
    }

    @Test("On a terminal the removal of a session asks and says what goes; no keeps it, yes removes it")
    func asked() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let run = try await sam.run(project: "project", agent: "shell", "true")
            let session = try #require(run.session["id"]?.string)
            for (answer, isThere) in [("n", true), ("y", false)] {
                let output = try await Command(
                    "/bin/sh", ["-c", "echo \(answer) | script -qec '\(SamFixture.programs)/sam sessions rm \(session)' /dev/null"],
                    environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin", "TERM": "dumb"],
                    workingDirectory: sam.scratch
                ).run(timeout: .seconds(60))
                #expect(output.text.contains("go for good: its log and its prompts") && output.text.contains("[y/N]"), "\(output.text)")
                #expect(try await sam.call(.GET, "/api/v1/sessions/\(session)").status == (isThere ? 200 : 404), "\(output.text)")
            }
        }
    }

    @Test("Settings, credentials and budgets are set at one's own layer, and each confirmation names the scope")
    func scopes() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            for (options, scope) in [
                ([], "user scope"), (["--project", "project"], "project scope"), (["--scope", "platform"], "platform scope"),
            ] {
                for act in [
                    ["settings", "set", "agents.answerSeconds", "50"], ["settings", "off", "agents.answerSeconds"],
                    ["settings", "on", "agents.answerSeconds"], ["settings", "clear", "agents.answerSeconds"], ["budget", "set", "5"],
                    ["budget", "off"], ["budget", "on"], ["budget", "clear"],
                ] {
                    let output = try await sam.sam(act + options)
                    let first = output.text.split(separator: "\n").first ?? ""
                    #expect(output.termination == .exited(0) && first.contains("at the \(scope)"), "\(act): \(output.text)")
                }
                let stored = try await sam.sam(["credentials", "set", "anthropic"] + options, input: "sk-ant-test-0123456789abcdef")
                #expect(stored.text.contains("is stored at the \(scope)."), "\(stored.text)\(stored.standardError)")
            }
            let platform = try await sam.sam("settings", "set", "sessions.limit", "3")
            #expect(platform.text.contains("sessions.limit is set to 3 at the platform scope."), "\(platform.text)")
        }
    }

    @Test("Settings, credentials and budgets are explained in one shape: explanations with an outcome, a sentence and layers")
    func explained() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.setCredential("anthropic", "sk-ant-test-0123456789abcdef")
            try await sam.act("budget", "set", "5")
            try await sam.act("settings", "set", "agents.answerSeconds", "50")
            for (arguments, own) in [
                (["settings", "explain", "agents.answerSeconds"], "value"), (["credentials", "explain", "anthropic"], "version"),
                (["budget", "explain"], "limit"),
            ] {
                let output = try await sam.sam(arguments + ["--project", "project", "--json"])
                let explanation = try #require(
                    try JSONLine.decode(JSONValue.self, from: output.text)["explanations"]?.elements?.first, "\(output.text)")
                #expect(explanation["outcome"] == "found" && explanation["scope"] == "user", "\(explanation)")
                #expect(explanation["sentence"]?.string?.isEmpty == false)
                let layers = explanation["layers"]?.elements ?? []
                #expect(layers.map { $0["scope"] } == ["project", "user", "platform"])
                for layer in layers { #expect(layer["finding"] != nil && layer["verdict"] != nil, "\(layer)") }
                let user = try #require(layers.first { $0["scope"] == "user" })
                #expect(user["by"] == "owner" && user["at"] != nil && user[own] != nil && user["finding"] == "active", "\(user)")
                let text = try await sam.sam(arguments + ["--project", "project"]).text.split(separator: "\n")
                #expect(text.dropFirst().prefix(3).map { $0.prefix(10) } == ["  project ", "  user    ", "  platform"], "\(text)")
            }
        }
    }

    @Test("Who left a project and adds its repository again is told of the project, and makes a second one only by a name")
    func again() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.project("site")
            _ = try await sam.user("lee", role: "administrator")
            try await sam.act("projects", "members", "add", "site", "lee", "--role", "owner")
            try await sam.act("projects", "members", "rm", "site", "owner")
            let before = try await sam.rows()
            for arguments in [
                ["projects", "add", path], ["run", "--repo", path, "--agent", "shell", "true"], ["projects", "add", path + "/."],
                ["projects", "add", path, "--sandbox", "bubblewrap"],
            ] {
                let refused = try await sam.sam(arguments)
                #expect(
                    refused.termination == .exited(1) && refused.standardError.contains("Project site has this repository")
                        && refused.standardError.contains("sam projects members add site owner")
                        && refused.standardError.contains("--name NAME"), "\(arguments): \(refused.standardError)")
            }
            #expect(try await sam.rows() == before)
            // What it says works: a second project, or the first one again.
            #expect(try await sam.sam("projects", "add", path, "--name", "second").termination == .exited(0))
            #expect(try await sam.sam("projects", "rm", "second", "--yes").termination == .exited(0))
            try await sam.act("projects", "members", "add", "site", "owner")
            let found = try await sam.sam("projects", "add", path)
            #expect(found.termination == .exited(0) && found.text.contains("Project site ("), "\(found.standardError)")
            try await sam.act("projects", "members", "role", "site", "owner", "viewer")
            let viewer = try await sam.sam("projects", "add", path)
            #expect(viewer.standardError.contains("you only read in it"), "\(viewer.standardError)")
            let other = try await sam.sam("projects", "add", path, "--sandbox", "none")
            #expect(other.standardError.contains("sam projects sandbox site none"), "\(other.standardError)")
        }
    }

    @Test("A new key goes alone to standard output; how it is used and that it is shown once go beside it, and it works so")
    func key() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            for arguments in [["keys", "create", "laptop"], ["keys", "create", "--name", "laptop"]] {
                let made = try await sam.sam(arguments)
                #expect(made.text.hasPrefix("sam_lease_") && made.text.split(separator: "\n").count == 1, "\(made.text)")
                for words in [
                    "not shown again", "no key of a provider's", "export ANTHROPIC_BASE_URL=http://", "export ANTHROPIC_AUTH_TOKEN=",
                ] {
                    #expect(made.standardError.contains(words), "\(made.standardError)")
                }
            }
            let token = try await sam.sam("tokens", "create", "program")
            #expect(
                token.text.split(separator: "\n").count == 1 && token.standardError.contains("not shown again"), "\(token.standardError)")
        }
    }

    @Test("Every command that changes something says what it did")
    func said() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            _ = try await sam.user("kim")
            for arguments in [
                ["projects", "members", "add", "project", "kim"], ["projects", "members", "role", "project", "kim", "viewer"],
                ["projects", "members", "rm", "project", "kim"], ["notifications", "read"], ["users", "disable", "kim"],
                ["users", "enable", "kim"], ["providers", "set", "custom-x", "https://llm.example.org/v1"],
                ["providers", "rm", "custom-x"],
                ["keys", "create", "a"], ["keys", "revoke", "a"], ["tokens", "create", "a"], ["tokens", "revoke", "a"],
                ["prices", "set", "m", "--project", "project", "--input", "1", "--output", "2"],
                ["prices", "rm", "m", "--project", "project"],
            ] {
                let output = try await sam.sam(arguments)
                #expect(output.termination == .exited(0) && !output.text.isEmpty, "\(arguments): \(output.standardError)")
            }
        }
    }
}
