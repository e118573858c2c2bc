import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("sam providers")
struct ProviderCommandTests {
    @Test("Each provider has its official address until an administrator says otherwise, and again after that is removed")
    func life() async throws {
        try await SamFixture.with { sam in
            let official = try await list(sam)
            let expected = [
                "anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com",
                "openai-chatgpt": "https://chatgpt.com/backend-api/codex", "google": "https://generativelanguage.googleapis.com",
                "mistral": "https://api.mistral.ai",
            ]
            for (id, url) in expected {
                #expect(
                    official[id]?["url"]?.string == url && official[id]?["isOfficial"] == true && official[id]?["allowsPrivate"] == false)
            }
            let set = try await sam.sam("providers", "set", "anthropic", "https://proxy.example.org/anthropic")
            #expect(set.termination == .exited(0) && set.text.contains("https://proxy.example.org/anthropic"), "\(set.standardError)")
            let changed = try await list(sam)
            #expect(changed["anthropic"]?["isOfficial"] == false && changed["openai"] == official["openai"])
            #expect(try await sam.sam("providers").text.contains("set by an administrator"))
            #expect(try await sam.sam("providers", "rm", "anthropic").termination == .exited(0))
            #expect(try await list(sam) == official)
            let again = try await sam.sam("providers", "rm", "anthropic")
            #expect(again.termination == .exited(1) && again.standardError.contains("anthropic"), "\(again.standardError)")
            let audit = try await sam.sam("audit").text
            #expect(audit.contains("provider.set") && audit.contains("https://proxy.example.org/anthropic"))
            #expect(audit.contains("provider.removed"))
        }
    }

    @Test(
        "A custom endpoint has its own name, its own key and the format that it was given",
        arguments: ["openai", "anthropic", "google"])
    func custom(_ format: String) async throws {
        try await RecordingUpstream.with({ _ in .json(SamFixture.answer) }) { upstream in
            try await SamFixture.with { sam in
                let output = try await sam.sam(
                    "providers", "set", "custom-house", upstream.url + "/base", "--format", format, "--allow-private", "--json")
                #expect(output.termination == .exited(0), "\(output.standardError)")
                #expect(try await list(sam)["custom-house"]?["format"]?.string == format)
                try await sam.setCredential("custom-house", "a-key-of-the-house-0123")
                let key = try await sam.gatewayKey("house", ["provider": "custom-house"])
                #expect(try await sam.relay("/custom/house/v1/anything?x=1", with: key).status == 200)
                let request = try #require(upstream.requests.last)
                #expect(request.uri == "/base/v1/anything?x=1" && request.key == "a-key-of-the-house-0123")
                let header = ["openai": "authorization", "anthropic": "x-api-key", "google": "x-goog-api-key"][format] ?? ""
                #expect(request.headers.first(name: header)?.hasSuffix("a-key-of-the-house-0123") == true, "\(request.headers)")
                #expect(try await sam.sam("providers", "rm", "custom-house").termination == .exited(0))
                try await eventually("it is reached nowhere any more", within: .seconds(2)) {
                    try await sam.relay("/custom/house/v1/anything?x=1", with: key).status >= 400
                }
                #expect(try await list(sam)["custom-house"] == nil)
            }
        }
    }

    /// What is no address that keys are sent to, and a word of the sentence that says so.
    private static let bad: [(arguments: [String], words: String)] = [
        (["google", "ftp://example.org"], "https or http"), (["google", "file:///etc/passwd"], "https or http"),
        (["google", "example.org"], "https"),
        (["google", ""], "https"), (["google", "https://"], "https"), (["google", "unix:/tmp/socket"], "https or http"),
        (["google", "https://user:password@example.org"], "no name and password"),
        (["google", "https://user@example.org"], "no name and password"),
        (["google", "https://example.org/?a=b"], "query"), (["google", "https://example.org/#part"], "fragment"),
        (["google", "http://127.0.0.1:8080"], "--allow-private"), (["google", "http://127.8.9.10"], "--allow-private"),
        (["google", "http://[::1]:8080"], "--allow-private"), (["google", "http://0.0.0.0"], "--allow-private"),
        (["google", "http://10.0.0.1"], "--allow-private"), (["google", "http://172.16.0.1"], "--allow-private"),
        (["google", "http://192.168.1.1"], "--allow-private"), (["google", "http://[fd00::1]"], "--allow-private"),
        (["google", "http://169.254.169.254"], "metadata"), (["google", "http://[fe80::1]"], "--allow-private"),
        (["google", "http://[::ffff:127.0.0.1]"], "--allow-private"), (["google", "http://100.64.0.1"], "--allow-private"),
        (["google", "https://example.org:99999"], "from 1 to 65535"), (["google", "https://example.org:65979/v1"], "from 1 to 65535"),
        (["google", "https://example.org:0"], "from 1 to 65535"), (["google", "https://example.org:-1"], "from 1 to 65535"),
        (["google", "https://example.org:80a"], "from 1 to 65535"), (["google", "https://example.org:"], "from 1 to 65535"),
        (["google", "https://example.org：443"], "no host that is one"), (["google", "https://example.org%3A443"], "no host that is one"),
        (["google", "http://[fe80::1%25eth0]:443"], "without a zone"),
        (["openai-chatgpt", "https://example.org", "--token-url", "https://example.org:99999/token"], "from 1 to 65535"),
        (["nosuch", "https://example.org"], "“nosuch”"), (["ANTHROPIC", "https://example.org"], "Did you mean “anthropic”?"),
        (["custom-", "https://example.org"], "“custom-”"), (["custom-A", "https://example.org"], "“custom-A”"),
        (["custom-a/b", "https://example.org"], "“custom-a/b”"), (["custom-a b", "https://example.org"], "“custom-a b”"),
        (["custom-../x", "https://example.org"], "“custom-../x”"), (["custom", "https://example.org"], "“custom”"),
        (["rehearsal", "https://example.org"], "SAM's own"),
        (["anthropic", "https://example.org", "--format", "openai"], "its own format"),
    ]

    @Test("An invalid provider or address is refused with a sentence that keeps a password to itself, and nothing is set")
    func badInput() async throws {
        try await SamFixture.with { sam in
            let before = try await list(sam)
            let rows = try await sam.rows()
            for (arguments, words) in Self.bad {
                let output = try await sam.sam(["providers", "set"] + arguments)
                #expect(output.termination == .exited(1), "\(arguments): \(output.text)")
                #expect(output.standardError.contains(words), "\(arguments): \(output.standardError)")
                #expect(!output.standardError.contains("password@"), "\(arguments)")
            }
            #expect(try await sam.sam("providers", "set", "custom-x", "https://example.org", "--format", "x").termination == .exited(2))
            for provider in ["nosuch", "ANTHROPIC", "google", "custom-none"] {
                let output = try await sam.sam("providers", "rm", provider)
                #expect(output.termination == .exited(1) && output.standardError.contains(provider), "\(output.standardError)")
            }
            #expect(try await list(sam) == before)
            #expect(try await sam.rows() == rows)
        }
    }

    @Test(
        "A name that leads to this machine gets no key unless that was allowed",
        arguments: ["localhost", "2130706433", "0x7f.1", "127.1"])
    func names(_ host: String) async throws {
        try await RecordingUpstream.with({ _ in .json(SamFixture.answer) }) { upstream in
            try await SamFixture.with { sam in
                try await sam.setCredential("anthropic", "sk-real-0123456789")
                let key = try await sam.gatewayKey()
                let url = upstream.url.replacing("127.0.0.1", with: host)
                // It may be refused when it is set or when it is used, but nothing is sent.
                _ = try await sam.sam("providers", "set", "anthropic", url)
                if try await list(sam)["anthropic"]?["url"]?.string == url {
                    let refused = try await sam.relay(with: key)
                    #expect(refused.status == 502 && refused.text.contains("--allow-private"), "\(refused.text)")
                }
                #expect(upstream.requests.isEmpty)
                #expect(try await sam.sam("providers", "set", "anthropic", url, "--allow-private").termination == .exited(0))
                try await eventually("it is reached") { try await sam.relay(with: key).status == 200 }
                #expect(upstream.requests.first?.key == "sk-real-0123456789")
            }
        }
    }

    @Test("Where an administrator's provider is, only administrators are told; members see its id and format")
    func internalAddresses() async throws {
        try await SamFixture.with { sam in
            let (admin, member) = (try await sam.user("robin", role: "administrator"), try await sam.user("kim"))
            for (provider, url) in [("custom-house", "http://10.0.0.5:8443/inside"), ("anthropic", "http://10.0.0.6:8443/proxy")] {
                let set = try await sam.sam("providers", "set", provider, url, "--allow-private")
                #expect(set.termination == .exited(0), "\(set.standardError)")
            }
            func seen(as token: String?) async throws -> (text: String, byID: [String: JSONValue]) {
                let reply = try await sam.call(.GET, "/api/v1/providers", as: token)
                let all = reply.json["providers"]?.elements ?? []
                return (reply.text, Dictionary(all.map { ($0["id"]?.string ?? "", $0) }, uniquingKeysWith: { one, _ in one }))
            }
            for token in [nil, admin] {
                let all = try await seen(as: token).byID
                #expect(all["custom-house"]?["url"] == "http://10.0.0.5:8443/inside" && all["custom-house"]?["allowsPrivate"] == true)
                #expect(all["anthropic"]?["url"] == "http://10.0.0.6:8443/proxy")
            }
            let (text, all) = try await seen(as: member)
            for part in ["10.0.0", "8443", "inside", "proxy", sam.home] { #expect(!text.contains(part), "\(part) in \(text)") }
            for provider in ["custom-house", "anthropic", "rehearsal"] {
                #expect(all[provider]?["format"] != nil && all[provider]?["url"] == nil && all[provider]?["allowsPrivate"] == nil)
            }
            #expect(all["openai"]?["url"] == "https://api.openai.com", "What everybody knows is told")
            let shown = try await sam.sam(
                "providers", environment: ["SAM_URL": try sam.address(), "SAM_TOKEN": member])
            #expect(shown.termination == .exited(0) && shown.text.contains("custom-house") && !shown.text.contains("10.0.0"))

            // What a member may ask otherwise says nothing either.
            try await sam.setCredential("custom-house", "a-key-of-the-house-0123", "--scope", "platform")
            for path in [
                "/api/v1/agents", "/api/v1/credentials", "/api/v1/notifications", "/api/v1/settings", "/api/v1/usage", "/api/v1/audit",
            ] {
                let reply = try await sam.call(.GET, path, as: member)
                #expect(!reply.text.contains("10.0.0.5") && !reply.text.contains("10.0.0.6"), "\(path): \(reply.text)")
            }
        }
    }

    // MARK: - Parts

    private func list(_ sam: SamFixture) async throws -> [String: JSONValue] {
        let all = try await sam.json("providers", "list")["providers"]?.elements ?? []
        return Dictionary(all.map { ($0["id"]?.string ?? "", $0) }, uniquingKeysWith: { one, _ in one })
    }
}
