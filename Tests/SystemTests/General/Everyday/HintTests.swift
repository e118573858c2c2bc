import AgentProtocol
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("What is said when something is mistyped or not there")
struct HintTests {
    @Test("A mistyped agent, project, session, setting or provider is named with the nearest")
    func nearest() async throws {
        try await SamFixture.with { sam in
            try await sam.project("swift-nio")
            let session = try #require(try await sam.run(project: "swift-nio", agent: "shell", "true").session["id"]?.string)
            for (arguments, meant) in [
                (["run", "--project", "swift-nio", "--agent", "shel", "x"], "shell"), (["run", "--project", "swft-nio", "x"], "swift-nio"),
                (["sessions", "show", String(session.dropLast())], session), (["sessions", "diff", session + "x"], session),
                (["sessions", "list", "--project", "swift.nio"], "swift-nio"),
                (["settings", "explain", "session.limit"], "sessions.limit"),
                (["settings", "set", "sandbox.memoryMebibyte", "64"], "sandbox.memoryMebibytes"),
                (["credentials", "explain", "antropic"], "anthropic"),
                (["keys", "create", "--name", "x", "--provider", "opneai"], "openai"),
                (["projects", "rm", "swift-nioo"], "swift-nio"), (["sessions", "list", "--status", "aksing"], "asking"),
            ] {
                let output = try await sam.sam(arguments)
                #expect(output.termination == .exited(1), "\(arguments)")
                #expect(output.standardError.contains("Did you mean “\(meant)”?"), "\(arguments): \(output.standardError)")
            }
            let far = try await sam.sam("sessions", "show", "s_nothingatall")
            #expect(far.termination == .exited(1) && !far.standardError.contains("Did you mean"), "\(far.standardError)")
        }
    }

    @Test("To somebody else nothing is named that is not theirs")
    func others() async throws {
        try await SamFixture.with { sam in
            try await sam.project("secret-plan")
            let session = try #require(try await sam.run(project: "secret-plan", agent: "shell", "true").session["id"]?.string)
            let token = try await sam.user("kim")
            for path in ["projects/secret-plans", "sessions/\(session.dropLast())", "sessions/\(session)", "sessions?project=secret-plan"] {
                let reply = try await sam.call(.GET, "/api/v1/\(path)", as: token)
                #expect(reply.status == 404 && !reply.text.contains("Did you mean"), "\(path): \(reply.text)")
            }
            #expect(try await sam.call(.GET, "/api/v1/projects/secret-plans").text.contains("Did you mean “secret-plan”?"))
        }
    }

    @Test(
        "SAM_URL without a server there names the address and what to do, and nothing of a library",
        arguments: [
            (
                "http://127.0.0.1:1",
                "No server answers at http://127.0.0.1:1, which SAM_URL names. Start one there (sam serve --port 1), or unset SAM_URL"
            ),
            ("http://localhost:1/", "No server answers at http://localhost:1,"), ("http://127.0.0.1:7260x", "no port that is one"),
            ("localhost:7260", "An address is like http://127.0.0.1:7260"), ("127.0.0.1", "An address is like http://127.0.0.1:7260"),
            ("/tmp/sam.sock", "An address is like http://127.0.0.1:7260"),
            ("ftp://127.0.0.1", "An address is like http://127.0.0.1:7260"), ("http://", "An address is like http://127.0.0.1:7260"),
        ])
    func noServer(_ url: String, _ words: String) async throws {
        try await SamFixture.with { sam in
            for command in [["sessions", "list"], ["run", "--repo", ".", "Go."], ["agents", "--json"]] {
                let output = try await sam.sam(command, environment: ["SAM_URL": url, "SAM_TOKEN": "x"])
                #expect(output.termination == .exited(1))
                #expect(output.standardError.contains(words) && output.standardError.contains("SAM_URL"), "\(output.standardError)")
                for word in ["NIO", "HTTPClient", "errno", "Error Domain", "optional("] {
                    #expect(!output.standardError.contains(word), "\(output.standardError)")
                }
            }
        }
    }

    @Test("What answers there and is no SAM is told from one")
    func otherServer() async throws {
        try await SamFixture.with { sam in
            try await OutsideServer.with(folder: sam.scratch) { server in
                let output = try await sam.sam(
                    "sessions", "list", environment: ["SAM_URL": "http://\(server.authority)", "SAM_TOKEN": "x"])
                #expect(output.termination == .exited(1) && output.standardError.contains("is no SAM"), "\(output.standardError)")
            }
            try await sam.serve()
            let right = try await sam.sam(
                "sessions", "list", environment: ["SAM_URL": try sam.address(), "SAM_TOKEN": try sam.ownerToken()])
            #expect(right.termination == .exited(0), "\(right.standardError)")
            for (url, words) in [
                (try sam.address().replacing("http:", with: "https:"), "speaks no TLS"), (try sam.address() + "/sam", "Leave the path out"),
            ] {
                let wrong = try await sam.sam("sessions", "list", environment: ["SAM_URL": url, "SAM_TOKEN": try sam.ownerToken()])
                #expect(wrong.termination == .exited(1), "\(wrong.standardError)")
                let address = try sam.address()
                #expect(wrong.standardError.contains(words) && wrong.standardError.contains(address), "\(wrong.standardError)")
            }
        }
    }

    @Test("A key for a custom provider is in the list and among what is explained, at each layer")
    func custom() async throws {
        try await SamFixture.with { sam in
            try await sam.project("site")
            try await sam.setCredential("custom-house", "key-0123456789abcdef")
            try await sam.setCredential("custom-a-1", "key-0123456789abcdef", "--project", "site")
            try await sam.setCredential("anthropic", "sk-ant-test-0123456789abcdef")
            _ = try await sam.sam("credentials", "off", "custom-gone", "--scope", "platform", "--yes")
            let listed = try await sam.credentials().map {
                "\($0["scope"]?.string ?? "") \($0["provider"]?.string ?? "") \($0["state"]?.string ?? "")"
            }
            #expect(
                Set(listed) == ["user custom-house on", "project custom-a-1 on", "user anthropic on", "platform custom-gone off"],
                "\(listed)")
            #expect(try await sam.sam("credentials", "list").text.contains("custom-house"))
            let explained = try await sam.sam("credentials", "explain", "--project", "site").text
            for name in ["custom-house", "custom-a-1", "custom-gone", "anthropic", "mistral"] {
                #expect(explained.contains(name), "\(explained)")
            }
            #expect(try await !sam.sam("credentials", "explain").text.contains("custom-a-1"), "It is the project's")
            let token = try await sam.user("kim")
            #expect(try await sam.credentials(as: token) == [])
        }
    }
}
