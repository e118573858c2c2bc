import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("sam keys")
struct KeyCommandTests {
    @Test("A key is made, printed this once, listed without itself, used, and revoked")
    func life() async throws {
        try await withUpstream { sam, upstream in
            let made = try await sam.sam("keys", "create", "--name", "laptop")
            #expect(made.termination == .exited(0), "\(made.standardError)")
            let key = made.text.trimmingCharacters(in: .newlines)
            #expect(key.hasPrefix("sam_") && key.count > 40 && !key.contains(where: \.isWhitespace), "Nothing but it goes to a pipe")
            let address = try sam.address() + "/gateway/anthropic"
            #expect(made.standardError.contains(address), "People are told where it goes: \(made.standardError)")

            let line = try #require(try await sam.sam("keys").text.split(separator: "\n").dropFirst().first)
            #expect(line.hasPrefix("g_") && line.contains("laptop") && line.contains("all"))
            for arguments in [["keys"], ["keys", "list", "--json"], ["audit", "--json"]] {
                let shown = try await sam.sam(arguments).text
                #expect(shown.contains("laptop") && !Canary(key).isIn(Data(shown.utf8)), "\(arguments)")
            }
            #expect(Canary(key).files(below: sam.scratch) == [], "It is not kept")
            #expect(try await sam.relay(with: key).status == 200)

            let revoked = try await sam.sam("keys", "revoke", "laptop")
            #expect(revoked.termination == .exited(0) && revoked.text.contains("laptop"))
            let dead = try await sam.relay(with: key)
            #expect(dead.status == 401 && dead["type"] == "error", "At once: \(dead.text)")
            #expect(upstream.requests.map(\.key) == ["sk-user-0123456789"])
            #expect(try await sam.json("keys", "list") == ["keys": []])
            let again = try await sam.sam("keys", "revoke", "laptop")
            #expect(again.termination == .exited(1) && again.standardError.contains("no gateway key “laptop”"))
        }
    }

    @Test("A key for a custom endpoint names the path that answers there; without an address that is said, also for its credential")
    func custom() async throws {
        try await withUpstream { sam, _ in
            for isSet in [false, true] {
                if isSet { _ = try await sam.sam("providers", "set", "custom-house", "https://llm.example.org/v1") }
                let made = try await sam.sam("keys", "create", "--name", "house-\(isSet)", "--provider", "custom-house")
                #expect(made.standardError.contains(try sam.address() + "/gateway/custom/house"), "\(made.standardError)")
                let set = try await sam.sam(["credentials", "set", "custom-house"], input: "sk-house-0123456789\n")
                for output in [made, set] {
                    #expect(output.termination == .exited(0))
                    let words = output.standardError
                    #expect(
                        words.contains("no address yet") == !isSet && words.contains("sam providers set custom-house") == !isSet, "\(words)"
                    )
                }
            }
        }
    }

    @Test("With --json it is an object of the form that others rely on")
    func json() async throws {
        try await withUpstream { sam, _ in
            let made = try await sam.json("keys", "create", "--name", "notebook", "--provider", "anthropic", "--project", "project")
            #expect(Set(made.members?.keys.map { $0 } ?? []) == ["key", "token", "gateway"])
            #expect(made["gateway"]?.string == (try sam.address()) + "/gateway")
            let key = try #require(made["key"])
            #expect(["name", "provider", "project"].map { key[$0]?.string } == ["notebook", "anthropic", "project"])
            #expect(try await sam.json("keys", "list") == ["keys": [key]])
            #expect(try await sam.relay(with: made["token"]?.string).status == 200)
        }
    }

    @Test("A key for one provider opens no other, and a project's goes by the project's layers")
    func narrow() async throws {
        try await withUpstream { sam, upstream in
            try await sam.setCredential("openai", "sk-openai-0123456789")
            try await sam.setCredential("anthropic", "sk-project-0123456789", "--project", "project")
            let narrow = try await sam.gatewayKey("narrow", ["provider": "anthropic"])
            let wide = try await sam.gatewayKey("wide")
            let ours = try await sam.gatewayKey("ours", ["project": "project"])
            let chat = "/openai/v1/chat/completions"
            #expect(try await sam.relay(chat, with: narrow).status == 403)
            #expect(upstream.requests.isEmpty)
            #expect(try await sam.relay(chat, with: wide).status == 200)
            for key in [narrow, wide, ours] { #expect(try await sam.relay(with: key).status == 200) }
            let own = "sk-user-0123456789"
            #expect(upstream.requests.map(\.key) == ["sk-openai-0123456789", own, own, "sk-project-0123456789"])

            // It has no pin: it is resolved anew at each request.
            _ = try await sam.sam("credentials", "clear", "anthropic", "--project", "project")
            try await eventually("the user's is used", within: .seconds(2)) {
                let reply = try await sam.relay(with: ours)
                return reply.status == 200 && upstream.requests.last?.key == own
            }
            _ = try await sam.sam("credentials", "off", "anthropic", "--project", "project", "--reason", "no spending here")
            try await eventually("the tombstone bites", within: .seconds(1)) { try await sam.relay(with: ours).status == 403 }
            #expect(try await sam.relay(with: ours).text.contains("no spending here"))
            #expect(try await sam.relay(with: wide).status == 200, "That is the project's affair")
        }
    }

    @Test("The key goes wherever a provider's key goes, and is taken out there")
    func places() async throws {
        try await withUpstream { sam, upstream in
            let key = try await sam.gatewayKey()
            let url = try sam.address() + "/gateway/anthropic/v1/messages"
            for arguments in [
                ["-H", "x-api-key: \(key)", url], ["-H", "Authorization: Bearer \(key)", url], ["-H", "x-goog-api-key: \(key)", url],
                ["\(url)?key=\(key)"], ["\(url)?beta=true&key=\(key)&x=%2F"],
                ["-H", "x-api-key: \(key)", "-H", "authorization: Bearer another", url],
            ] {
                let output = try await Command("/usr/bin/curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "-d", "{}"] + arguments)
                    .run()
                #expect(output.text == "200", "\(arguments)")
                let request = try #require(upstream.requests.last)
                #expect(request.key == "sk-user-0123456789", "\(request)")
                #expect(!Canary(key).isIn(request.everything) && !request.everything.contains(Data("another".utf8)), "\(request)")
            }
            #expect(upstream.requests.dropLast().last?.uri == "/v1/messages?beta=true&x=%2F", "What is left of the query is as it was")
        }
    }

    @Test("An invalid name, provider or project is refused with a sentence, and no key is made")
    func badInput() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let before = try await sam.rows()
            for (arguments, code, words) in [
                (["--name", ""], 1, "name"), (["--name", "  "], 1, "name"), (["--name", String(repeating: "x", count: 81)], 1, "80"),
                (["--name", "a\nb"], 1, "line"), ([], 2, "sam keys create laptop"),
                (["--name", "x", "--provider", "nosuch"], 1, "“nosuch”"),
                (["--name", "x", "--provider", "ANTHROPIC"], 1, "Did you mean “anthropic”?"),
                (["--name", "x", "--provider", "custom-"], 1, "“custom-”"), (["--name", "x", "--project", "nowhere"], 1, "“nowhere”"),
                (["--name", "x", "surplus"], 2, "surplus"),
            ] as [([String], Int32, String)] {
                let output = try await sam.sam(["keys", "create"] + arguments)
                #expect(output.termination == .exited(code), "\(arguments): \(output.standardError)")
                #expect(output.standardError.contains(words) && output.text.isEmpty, "\(arguments): \(output.standardError)")
            }
            #expect(try await sam.rows() == before)
            // The longest name there can be, and two of one name.
            for _ in 0..<2 { _ = try await sam.gatewayKey(String(repeating: "x", count: 80)) }
            let several = try await sam.sam("keys", "revoke", String(repeating: "x", count: 80))
            #expect(several.termination == .exited(1) && several.standardError.contains("by its id"))
            #expect(try await sam.json("keys", "list")["keys"]?.elements?.count == 2)
        }
    }

    // MARK: - Parts

    private func withUpstream(_ body: (SamFixture, RecordingUpstream) async throws -> Void) async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            try await body(sam, upstream)
        }
    }
}
