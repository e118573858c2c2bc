import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("sam users, tokens, notifications and audit")
struct AccountCommandTests {
    @Test("A user is added with a token that is printed once, gets another role, is shut out and let in again")
    func users() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let added = try await sam.sam("users", "add", "kim")
            let token = try #require(added.text.firstMatch(of: /sam_[0-9a-f]{64}/).map { String($0.0) })
            let kim = try environment(token, sam)
            func tries(_ arguments: String...) async throws -> Output { try await sam.sam(arguments, environment: kim) }

            #expect(try await tries("projects", "list").termination == .exited(0))
            let outside = try await tries("users", "list")
            #expect(outside.termination == .exited(1) && outside.standardError.contains("for administrators"))
            for arguments in [["users", "list"], ["users", "list", "--json"], ["audit"], ["tokens", "list"]] {
                let shown = try await sam.sam(arguments).text
                #expect(!shown.contains(token), "It is shown once")
            }

            #expect(try await sam.sam("users", "role", "kim", "administrator").text.contains("kim (u_"))
            #expect(try await tries("users", "list").termination == .exited(0))
            #expect(try await sam.json("users", "role", "kim", "member")["role"] == "member")
            #expect(try await tries("users", "list").termination == .exited(1))

            #expect(try await sam.sam("users", "disable", "kim").text.contains("disabled"))
            let shut = try await tries("projects", "list")
            #expect(shut.termination == .exited(1), "\(shut.text)")
            let listed = try await sam.sam("users", "list").text.split(separator: "\n")
            #expect(listed.contains { $0.hasPrefix("kim ") && $0.hasSuffix("disabled") })
            #expect(try await sam.json("users", "enable", "kim")["disabledAt"] == nil)
            #expect(try await tries("projects", "list").termination == .exited(0))
        }
    }

    @Test("A user who can't be, an unknown one and the last administrator are refused, and nothing is changed")
    func refusedUsers() async throws {
        try await SamFixture.with { sam in
            _ = try await sam.user("kim")
            let before = try await sam.rows()
            for (arguments, code, words) in [
                (["add", "Kim"], 1, "small letters"), (["add", ""], 1, "small letters"), (["add", "kim"], 1, "already"),
                (["add", String(repeating: "k", count: 33)], 1, "at most 32"), (["add", "lee", "--role", "king"], 2, "king"),
                (["add"], 2, "name"),
                (["role", "kim", "king"], 2, "king"), (["role", "nobody", "member"], 1, "no user “nobody”"),
                (["disable", "nobody"], 1, "no user “nobody”"), (["enable", "nobody"], 1, "no user “nobody”"),
                (["disable", "owner", "--yes"], 1, "only administrator"), (["role", "owner", "member"], 1, "only administrator"),
            ] as [([String], Int32, String)] {
                let output = try await sam.sam(["users"] + arguments)
                #expect(output.termination == .exited(code), "\(arguments): \(output.standardError)")
                #expect(output.standardError.contains(words), "\(arguments): \(output.standardError)")
            }
            #expect(try await sam.rows() == before)
        }
    }

    @Test("A token is printed once, listed without itself, and opens nothing once it is revoked")
    func tokens() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let created = try await sam.sam("tokens", "create", "laptop")
            let token = created.text.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(token.wholeMatch(of: /sam_[0-9a-f]{64}/) != nil)
            #expect(try await sam.call(.GET, "/api/v1/me", as: token)["name"] == "owner")
            let listed = try await sam.json("tokens", "list")
            guard case .array(let all)? = listed["tokens"] else { throw CancellationError() }
            #expect(all.map { $0["name"]?.string } == ["command line on this machine", "laptop"])
            let listing = try JSONLine.text(listed)
            #expect(!listing.contains(token))
            let id = try #require(all.last?["id"]?.string)
            #expect(try await sam.sam("tokens", "revoke", id).termination == .exited(0))
            #expect(try await sam.call(.GET, "/api/v1/me", as: token).status == 401)
            let left = try await sam.sam("tokens").text
            #expect(!left.contains("laptop"))
            let long = String(repeating: "x", count: 81)
            for arguments in [["revoke", id], ["revoke", "k_000000000000"], ["create", " "], ["create", long]] {
                #expect(try await sam.sam(["tokens"] + arguments).termination == .exited(1), "\(arguments)")
            }
            #expect(try await sam.sam("tokens", "list").termination == .exited(0), "The command line's own is as it was")
        }
    }

    @Test("A notification is shown until it is read, and what it says to type is what helps", arguments: ["user", "project"])
    func notifications(_ scope: String) async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.projectWithSignInFiles()
            #expect(try await sam.sam("notifications").text == "Nothing new.\n")
            let layer = scope == "project" ? ["--project", "project"] : []
            let set = try await sam.sam(["credentials", "set", "openai-chatgpt"] + layer, input: SamFixture.authFile("one1"))
            #expect(set.termination == .exited(0), "\(set.standardError)")
            let session = try await sam.startIdle(agent: "codex-like")
            _ = try await sam.sam(["credentials", "off", "openai-chatgpt"] + layer)
            #expect(try await sam.sync(SamFixture.authFile("one2"), from: session)["reason"] == "credential_not_found")

            let shown = try await sam.sam("notifications").text
            #expect(shown.contains(session) && !shown.contains("one2"))
            guard case .array(let all)? = try await sam.json("notifications")["notifications"] else { throw CancellationError() }
            #expect(all.map { $0["kind"]?.string } == ["syncDeclined"])
            let told = try #require(all.first?["text"]?.string)
            let listed = try await sam.sam("credentials", "list")
            #expect(listed.standardError.contains("A rotated token is held"))
            // Both say what to type; either is tried as it stands.
            for (sentence, ending) in [(listed.standardError, ["--list"]), (told, [])] {
                let command = try #require(sentence.firstMatch(of: /sam (credentials recover [a-z0-9_\- ]+)/)?.1)
                let output = try await sam.sam(command.split(separator: " ").map(String.init) + ending)
                #expect(output.termination == .exited(0), "\(command): \(output.standardError)")
                #expect(output.text.contains(session), "\(command): \(output.text)")
            }
            let nothing = try await sam.sam(["credentials", "recover", "openai-chatgpt"] + layer)
            #expect(nothing.termination == .exited(1) && nothing.standardError.contains("No rotation is held"))

            let id = try #require(all.first?["id"]?.string)
            #expect(try await sam.sam("notifications", "read", "n_000000000000").termination == .exited(1))
            #expect(try await sam.sam("notifications", "read", id).termination == .exited(0))
            #expect(try await sam.sam("notifications").text == "Nothing new.\n")
            #expect(try await sam.sam("notifications", "--all").text.contains(session))
        }
    }

    @Test("The audit trail tells who did what to which layer, and why")
    func audit() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.setCredential("anthropic", "sk-ant-0123456789abcd")
            _ = try await sam.sam("credentials", "off", "anthropic", "--project", "project", "--reason", "no spending here")
            _ = try await sam.sam("credentials", "off", "anthropic", "--scope", "galaxy")
            guard case .array(let users)? = try await sam.json("users", "list")["users"],
                case .array(let projects)? = try await sam.json("projects", "list")["projects"],
                case .array(let lines)? = try await sam.json("audit")["audit"]
            else { throw CancellationError() }
            let owner = try #require(users.first { $0["name"] == "owner" }?["id"]?.string)
            let project = try #require(projects.first?["id"]?.string)
            let acts = lines.filter { $0["action"]?.string?.hasPrefix("credential.") == true }
            #expect(acts.map { $0["action"]?.string } == ["credential.off", "credential.set"], "The newest first, and each act once")
            #expect(acts.map { $0["actor"]?.string } == [owner, owner])
            #expect(acts.map { $0["subject"]?.string } == ["anthropic@project:\(project)", "anthropic@user:\(owner)"])
            #expect(acts.map { $0["detail"]?.string } == ["no spending here", ""])
            let shown = try await sam.sam("audit").text
            #expect(shown.contains("credential.set") && shown.contains("no spending here"))
            guard case .array(let one)? = try await sam.json("audit", "--limit", "1")["audit"] else { throw CancellationError() }
            #expect(one == Array(lines.prefix(1)))
        }
    }

    // MARK: - Parts

    /// The environment in which the command line speaks for the holder of a token.
    private func environment(_ token: String, _ sam: SamFixture) throws -> [String: String] {
        let file = try #require(FileManager.default.contents(atPath: sam.home + "/server.json"))
        let url = try #require(try JSONLine.decode(JSONValue.self, from: file)["url"]?.string)
        return ["SAM_URL": url, "SAM_TOKEN": token]
    }
}
