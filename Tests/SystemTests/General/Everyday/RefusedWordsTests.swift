import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("What is refused, with the reason")
struct RefusedWordsTests {
    @Test("An empty name or id is refused as empty by every command, and reaches nothing else")
    func empty() async throws {
        try await SamFixture.with { sam in
            try await sam.project("site")
            let before = try await sam.rows(except: ["audit"])
            for arguments in [
                ["sessions", "show", ""], ["sessions", "watch", ""], ["sessions", "diff", ""], ["sessions", "cancel", ""],
                ["sessions", "finish", ""], ["sessions", "land", ""], ["sessions", "salvage", ""], ["sessions", "rm", "", "--yes"],
                ["run", "--project", "", "x"], ["projects", "rm", "", "--yes"], ["projects", "members", ""],
                ["credentials", "explain", "anthropic", "--project", ""], ["credentials", "off", "", "--yes"], ["users", "disable", ""],
                ["keys", "revoke", ""], ["tokens", "revoke", ""], ["settings", "set", "", "1"], ["settings", "explain", ""],
                ["notifications", "read", ""], ["providers", "rm", ""], ["agents", "--project", ""],
            ] {
                let output = try await sam.sam(arguments)
                #expect(
                    output.termination == .exited(1) && output.standardError.contains(" is empty."), "\(arguments): \(output.standardError)"
                )
            }
            #expect(try await sam.rows(except: ["audit"]) == before)
            let odd = try await sam.sam("sessions", "watch", "?x=1")
            #expect(odd.termination == .exited(1) && odd.standardError.contains("There is no session “?x=1”."), "\(odd.standardError)")
        }
    }

    @Test("A setting of an agent that is not there, or a model that no session of its could have, is refused; others are taken")
    func agentSettings() async throws {
        try await SamFixture.with { sam in
            for (key, value, words) in [
                ("agents.scout.model", "fast", "Scout works without a model"), ("agents.scout.model", "strong", "works without a model"),
                ("agents.nope.model", "fast", "There is no agent “nope”."), ("agents.scuot.permissions", "ask", "Did you mean “scout”?"),
                ("agents.nope.arguments", "none", "There is no agent “nope”."),
            ] {
                let output = try await sam.sam("settings", "set", key, value)
                #expect(output.termination == .exited(1) && output.standardError.contains(words), "\(key): \(output.standardError)")
            }
            for (key, value) in [
                ("agents.scout.model", "default"), ("agents.claude-code.model", "fast"), ("agents.claude-code.model", "some-name"),
                ("agents.scout.permissions", "ask"),
            ] { #expect(try await sam.sam("settings", "set", key, value).termination == .exited(0), "\(key)") }
            #expect(try await sam.sam("settings", "clear", "agents.nope.model").termination == .exited(0))
            let asked = try await sam.sam("run", "--repo", try await sam.repository("site", files: ["a": "a\n"]), "--model", "fast", "x")
            #expect(asked.standardError.contains("Scout works without a model"), "\(asked.standardError)")
        }
    }

    @Test("What removes for good is not done without a terminal and without --yes; it says so and changes nothing")
    func agreement() async throws {
        try await SamFixture.with { sam in
            try await sam.project("site")
            try await sam.setCredential("anthropic", "sk-ant-test-0123456789abcdef")
            let before = try await sam.rows(except: ["audit"])
            for arguments in [["projects", "rm", "site"], ["credentials", "rm", "anthropic"], ["users", "disable", "owner"]] {
                let output = try await sam.sam(arguments)
                #expect(
                    output.termination == .exited(1) && output.standardError.contains("needs --yes"),
                    "\(arguments): \(output.standardError)")
            }
            #expect(try await sam.rows(except: ["audit"]) == before)
            for arguments in [["credentials", "rm", "anthropic", "--yes"], ["projects", "rm", "site", "-y"]] {
                #expect(try await sam.sam(arguments).termination == .exited(0), "\(arguments)")
            }
        }
    }

    @Test("A repository that is bare, a file, empty, a host without a scheme, or not readable is told as what it is")
    func repositories() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("site", files: ["a": "a\n"])
            try await sam.git(["clone", "-q", "--bare", path, sam.scratch + "/bare.git"], in: sam.scratch)
            try sam.write("x", to: "plain.txt")
            for (arguments, words) in [
                (["--repo", sam.scratch + "/bare.git", "--include-changes"], "is a bare one, without files"),
                (["--repo", "https://example.org/x", "--include-changes"], "https://example.org/x is not one"),
                (["--repo", sam.scratch + "/plain.txt"], "is no folder, so it is no repository"), (["--repo", ""], "--repo is empty"),
                (["--repo", "github.com/apple/swift-nio"], "Did you mean https://github.com/apple/swift-nio?"),
            ] {
                let output = try await sam.sam(["run"] + arguments + ["--agent", "shell", "ls"])
                #expect(output.termination != .exited(0) && output.standardError.contains(words), "\(arguments): \(output.standardError)")
            }
        }
    }

    @Test("An agents.yaml that is no YAML is told in one line with its place, without the text around it")
    func catalogue() async throws {
        try await SamFixture.with { sam in
            for text in ["agents: [", "agents:\n  - id: a\n   name: b\n", "agents: {a: 1, a: 2}\n", "\"unfinished"] {
                try sam.write(text, to: "home/agents.yaml")
                let output = try await sam.sam("agents")
                let problem = output.standardError.split(separator: "\n").filter { $0.contains("/agents.yaml") }
                #expect(problem.count == 1 && problem.first?.contains("This is not YAML") == true, "\(output.standardError)")
                #expect(!output.standardError.contains("error:") && !output.standardError.contains("^"), "\(output.standardError)")
                _ = try await sam.sam("stop")
            }
        }
    }

    @Test("Output that can't be written ends with 1 and the reason, whatever is printed")
    func full() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            for command in ["projects list --json", "settings", "sessions", "--help", "run --help", "--version", "help vault"] {
                let output = try await Command(
                    "/bin/sh", ["-c", "$0 \(command) > /dev/full", SamFixture.programs + "/sam"],
                    environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: sam.scratch
                ).run(timeout: .seconds(60))
                #expect(output.termination == .exited(1), "\(command)")
                #expect(output.standardError.contains("no space left on device"), "\(command): \(output.standardError)")
            }
        }
    }
}
