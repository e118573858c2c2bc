import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("sam credentials")
struct CredentialCommandTests {
    // MARK: - Secrets

    @Test("A secret goes in by standard input and is shown by no command")
    func secretsStayInside() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let secrets = ["sk-ant-one-0123456789-WXYZ", "sk-two-0123456789-QRST", "access-three-0123456789", "rt_access-three-0123456789"]
            func shown(_ arguments: [String], input: String = "") async throws -> String {
                let output = try await sam.sam(arguments, input: input)
                #expect(output.termination == .exited(0), "\(arguments): \(output.standardError)")
                for secret in secrets { #expect(!(output.text + output.standardError).contains(secret), "\(arguments)") }
                return output.text
            }
            let set = ["credentials", "set"]
            #expect(try await shown(set + ["anthropic"], input: secrets[0] + "\n").contains("version 1"))
            let again = try await shown(set + ["anthropic"], input: secrets[0] + "\n")
            #expect(again.contains("Version 2"), "Set again, it is the next version")
            _ = try await shown(set + ["openai", "--project", "project", "--label", "team key", "--json"], input: secrets[1])
            _ = try await shown(set + ["openai-chatgpt"], input: SamFixture.authFile(secrets[2]))

            let list = try await shown(["credentials", "list"]).split(separator: "\n")
            func line(_ words: String...) -> Bool { list.contains { line in words.allSatisfy { line.contains($0) } } }
            #expect(line("user owner", "anthropic", "on", "…WXYZ"))
            #expect(line("project project", "openai", "on", "team key", "…QRST"))
            #expect(line("user owner", "openai-chatgpt", "on") && list.count == 4, "Of a file no end is shown: \(list)")
            for arguments in [
                ["credentials"], ["credentials", "list", "--json"], ["credentials", "explain"], ["credentials", "explain", "--json"],
                ["credentials", "explain", "anthropic"], ["credentials", "explain", "openai", "--project", "project"],
                ["credentials", "recover", "openai-chatgpt", "--list"], ["audit"], ["audit", "--json"], ["notifications", "--all"],
                ["settings"], ["sessions", "list", "--json"], ["projects", "list", "--json"],
                ["credentials", "off", "anthropic"], ["credentials", "on", "anthropic", "--json"], ["credentials", "clear", "anthropic"],
                ["credentials", "rm", "anthropic", "--yes"], ["vault", "rotate", "--yes"],
            ] { _ = try await shown(arguments) }
        }
    }

    @Test("The last four characters are shown of a key that is longer than twelve; a line break that a pipe added is no part of it")
    func endings() async throws {
        try await SamFixture.with { sam in
            for (provider, input, ending) in [
                ("anthropic", "0123456789ab", nil), ("openai", "0123456789ab\r\n", nil), ("google", "0123456789abc\n", "9abc"),
                ("mistral", "0123456789abcd\r\n", "abcd"),
            ] as [(String, String, String?)] {
                try await sam.setCredential(provider, input)
                let listed = list(try await sam.json("credentials", "list"), "credentials").first { $0["provider"]?.string == provider }
                #expect(listed?["ending"]?.string == ending, "\(provider)")
            }
        }
    }

    /// What is no secret of a provider, and words of the sentence that says so.
    private static let bad: [(provider: String, input: String, words: String)] = [
        ("anthropic", "", "The secret is empty"),
        ("anthropic", "\n", "The secret is empty"),
        ("anthropic", " \t \r\n", "The secret is empty"),
        ("anthropic", "sk-ant-unwanted\nsk-ant-unwanted", "a line break"),
        ("anthropic", "sk-ant-unwanted\n\n", "a line break"),
        ("anthropic", " sk-ant-unwanted", "a space"),
        ("anthropic", "sk-ant-\0unwanted", "another character"),
        ("anthropic", "sk-ant-unwanted-é", "another character"),
        ("anthropic", "\u{1b}[31msk-ant-unwanted", "another character"),
        ("anthropic", String(repeating: "unwanted", count: 1 << 17), "longer than 8 KiB"),
        ("anthropic", "sk-ant-oat01-unwanted", "subscription"),
        ("openai", #"{"tokens":{"access_token":"unwanted"}}"#, "openai-chatgpt"),
        ("openai-chatgpt", #"{"tokens":{"access_token":"unwanted"#, "no complete sign-in file"),
        ("openai-chatgpt", #"{"tokens":{"refresh_token":"unwanted"}}"#, "no access token"),
        ("openai-chatgpt", #"{"tokens":{"access_token":"sam_unwanted"}}"#, "placeholder"),
        ("openai-chatgpt", "sk-unwanted", "no complete sign-in file"),
        ("no-such-provider", "unwanted", "There is no provider “no-such-provider”"),
        ("Anthropic ", "unwanted", "Did you mean “anthropic”?"),
        ("ANTHROPIC", "unwanted", "Did you mean “anthropic”?"),
        (" anthropic", "unwanted", "Did you mean “anthropic”?"),
    ]

    @Test("An invalid secret, or one for no provider, is refused with a sentence that does not repeat it, and nothing is stored")
    func badInput() async throws {
        try await SamFixture.with { sam in
            try await sam.setCredential("mistral", "a-key-that-stands")
            let before = try await sam.rows()
            for (provider, input, words) in Self.bad {
                let what = Comment(rawValue: "\(provider): \(input.prefix(40).debugDescription)")
                let output = try await sam.sam("credentials", "set", provider, input: input)
                #expect(output.termination == .exited(1), what)
                #expect(output.standardError.contains(words), "\(what.rawValue): \(output.standardError.prefix(400))")
                #expect(output.standardError.hasPrefix("Error: ") && output.standardError.count < 400, what)
                #expect(!(output.text + output.standardError).contains("unwanted"), what)
            }
            #expect(try await sam.rows() == before)
        }
    }

    @Test("Wrong usage ends with 2 and stores nothing")
    func usage() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let before = try await sam.rows()
            for (arguments, words) in [
                (["set", "anthropic", "--scope", "galaxy"], "galaxy"), (["set", "anthropic", "--scope", "project"], "--project"),
                (["set", "anthropic", "--scope", "user", "--project", "project"], "--scope user"), (["set"], "provider"),
                (["set", "anthropic", "sk-ant-argument"], "argument"), (["set", "anthropic", "--secret", "sk-ant-argument"], "--secret"),
                (["set", "anthropic", "--expires", "soon"], "--expires"), (["off"], "provider"),
                (["off", "anthropic", "--scope", "project"], "--project"), (["rm", "anthropic", "--scope", "everywhere"], "everywhere"),
                (["explain", "anthropic", "openai"], "openai"), (["recover", "openai-chatgpt", "--scope", "project"], "--project"),
                (["no-such-act"], "no-such-act"),
            ] {
                let output = try await sam.sam(["credentials"] + arguments)
                #expect(output.termination == .exited(2), "\(arguments): \(output.standardError)")
                #expect(output.standardError.contains(words), "\(arguments): \(output.standardError)")
            }
            #expect(try await sam.rows() == before)
        }
    }

    // MARK: - JSON

    @Test("With --json each command prints one object of the form that others rely on, however it ends")
    func json() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            #expect(try await sam.json("credentials", "list") == ["credentials": .array([])])
            try await sam.setCredential("anthropic", "sk-ant-0123456789abcd", "--label", "mine")
            let listed = try #require(list(try await sam.json("credentials", "list"), "credentials").first)
            let fields = ["scope", "owner", "provider", "state", "kind", "label", "ending"].map { listed[$0]?.string }
            #expect(fields == ["user", "owner", "anthropic", "on", "apiKey", "mine", "abcd"])
            #expect(listed["version"] == .integer(1) && listed["held"] == .integer(0))

            let resolution = list(try await sam.json("credentials", "explain"), "explanations")
            #expect(resolution.map { $0["provider"]?.string } == ["anthropic", "openai", "openai-chatgpt", "google", "mistral"])
            #expect(resolution.map { $0["outcome"]?.string } == ["found", "absent", "absent", "absent", "absent"])
            let outside = list(try #require(resolution.first), "layers").map { $0["scope"]?.string }
            #expect(outside == ["user", "platform"], "Outside of a project there are two layers")

            let off = try await sam.json("credentials", "off", "anthropic", "--project", "project", "--reason", "no spending")
            #expect(off["before"]?["outcome"] == "found" && off["after"]?["outcome"] == "blocked" && off["done"]?.string != nil)

            let blocked = try await sam.sam("credentials", "explain", "anthropic", "--project", "project", "--json")
            #expect(blocked.termination == .exited(3))
            let verdicts = list(try JSONLine.decode(from: blocked.text), "explanations")
            let verdict = try #require(verdicts.first)
            #expect(verdicts.count == 1 && verdict["scope"] == "project" && verdict["outcome"] == "blocked")
            let layers = list(verdict, "layers")
            #expect(layers.map { $0["scope"]?.string } == ["project", "user", "platform"])
            #expect(layers.map { $0["finding"]?.string } == ["inactive", "active", "absent"])
            #expect(layers.map { $0["verdict"]?.string } == ["decidedByTombstone", "notConsulted", "notConsulted"])
            #expect(layers.first?["by"] == "owner" && layers.first?["reason"] == "no spending")
            #expect(layers.dropFirst().first?["label"] == "mine" && layers.dropFirst().first?["version"] == .integer(1))
            #expect(try await sam.json("credentials", "recover", "openai-chatgpt", "--list") == ["held": .array([])])
        }
    }

    // MARK: - Parts

    private func list(_ object: JSONValue, _ key: String) -> [JSONValue] {
        guard case .array(let all)? = object[key] else { return [] }
        return all
    }
}
