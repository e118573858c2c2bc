import Foundation
import Processes
import Testing

@testable import SystemSupport

/// The five acts on a layer, and what is explained after each.
extension CredentialCommandTests {
    @Test("A verdict tells the three layers with who made them so, and ends with 1, 0, 3 or 1: absent, found, blocked, failed")
    func verdicts() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let absent = try await explain("anthropic", sam)
            #expect(absent.code == .exited(1))
            #expect(absent.sentence == "No scope has a credential for anthropic. Give it one with: sam credentials set anthropic")
            for scope in ["project", "user", "platform"] { #expect(absent.layer(scope).contains("says nothing")) }

            try await sam.setCredential("anthropic", "sk-ant-platform-0123", "--scope", "platform")
            try await sam.setCredential("anthropic", "sk-ant-user-01234567", "--label", "mine")
            let found = try await explain("anthropic", sam)
            #expect(found.code == .exited(0))
            #expect(found.sentence == "anthropic uses the user's credential “mine”, version 1.")
            #expect(found.layer("project").contains("says nothing"))
            #expect(found.layer("user").contains("on “mine”, version 1 by owner on ") && found.layer("user").hasSuffix("(this decides)"))
            #expect(found.layer("platform").hasSuffix("(not asked)"))

            let off = try await act("off", "--project", "project", "--reason", "no spending here", sam: sam)
            #expect(off.contains("Now:  anthropic uses the user's credential"), "It says beforehand what will apply")
            #expect(off.contains("Then: anthropic is turned off at the project scope by owner"))
            let blocked = try await explain("anthropic", sam)
            #expect(blocked.code == .exited(3))
            #expect(blocked.sentence.hasPrefix("anthropic is turned off at the project scope by owner on 2"))
            #expect(blocked.sentence.contains("(“no spending here”)"))
            #expect(blocked.layer("project").contains("turned off by owner on 2"))
            #expect(blocked.layer("project").hasSuffix(": no spending here  (this decides)"))
            #expect(blocked.layer("user").hasSuffix("(not asked)"))

            try await sam.setCredential("google", "a-google-key-0123", "--scope", "platform")
            try await sam.setExpired("google", "another-google-key")
            let failed = try await explain("google", sam)
            #expect(failed.code == .exited(1))
            #expect(failed.sentence.contains("the user's credential has expired, and no broader layer replaces it"))
            #expect(failed.layer("user").contains("broken") && failed.layer("platform").hasSuffix("(not asked)"))
        }
    }

    @Test("A tombstone outlives the key under it: set and rm leave it standing, on needs a key, and clear takes it away")
    func tombstone() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.setCredential("anthropic", "sk-ant-user-01234567")
            let project = ["--project", "project"]
            _ = try await act("off", "--project", "project", sam: sam)
            #expect(try await row("project project", sam).contains("(tombstone)"), "It stands on nothing")

            let set = try await sam.setCredential("anthropic", "sk-ant-project-01234", "--project", "project")
            #expect(set.text.contains("The scope stays turned off"))
            #expect(try await explain("anthropic", sam).code == .exited(3))
            #expect(try await row("project project", sam).contains("off"))

            #expect(try await act("rm", "--project", "project", sam: sam).contains("The scope stays turned off"))
            #expect(try await explain("anthropic", sam).code == .exited(3))
            #expect(try await row("project project", sam).contains("(tombstone)"))
            for (act, words) in [("rm", "no credential for anthropic to remove"), ("on", "no credential for anthropic to turn on")] {
                let refused = try await sam.sam(["credentials", act, "anthropic"] + project)
                #expect(refused.termination == .exited(1) && refused.standardError.contains(words), "\(refused.standardError)")
            }
            #expect(try await explain("anthropic", sam).code == .exited(3))

            #expect(try await act("clear", "--project", "project", sam: sam).contains("says nothing about anthropic any more"))
            let restored = try await explain("anthropic", sam)
            #expect(restored.code == .exited(0) && restored.sentence.contains("the user's credential"))
            let again = try await sam.sam(["credentials", "clear", "anthropic"] + project)
            #expect(again.termination == .exited(1) && again.standardError.contains("already"), "\(again.standardError)")
        }
    }

    @Test("Off and on keep the key and its version, clear keeps it unused until on, and rm lets the broader layer speak")
    func keepingTheKey() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            try await sam.setCredential("anthropic", "sk-ant-platform-0123", "--scope", "platform")
            try await sam.setCredential("anthropic", "sk-ant-user-old-0123")
            try await sam.setCredential("anthropic", "sk-ant-user-01234567")
            let users = "anthropic uses the user's credential “anthropic”, version 2."
            let platforms = "anthropic uses the platform's credential “anthropic”, version 1."
            for (command, sentence, state) in [
                ("off", nil, "off"), ("on", users, "on"), ("clear", platforms, "unused"), ("on", users, "on"), ("off", nil, "off"),
                ("clear", platforms, "unused"), ("rm", platforms, nil),
            ] as [(String, String?, String?)] {
                _ = try await act(command, sam: sam)
                let verdict = try await explain("anthropic", sam)
                #expect(verdict.code == (sentence == nil ? .exited(3) : .exited(0)), "\(command)")
                #expect(sentence == nil || verdict.sentence == sentence, "\(command): \(verdict.sentence)")
                let listed = try await row("user owner", sam)
                #expect(state == nil ? listed.isEmpty : listed.contains(" \(state ?? "") "), "\(command): \(listed)")
            }
        }
    }

    // MARK: - Parts

    /// What `explain` printed, and how it ended.
    private struct Verdict {
        var code: Termination
        var lines: [String]
        var sentence: String { lines.first ?? "" }

        func layer(_ scope: String) -> String { lines.dropFirst().first { $0.hasPrefix("  \(scope) ") } ?? "" }
    }

    private func explain(_ provider: String, _ sam: SamFixture) async throws -> Verdict {
        let output = try await sam.sam("credentials", "explain", provider, "--project", "project")
        return Verdict(code: output.termination, lines: output.text.split(separator: "\n").map(String.init))
    }

    private func act(_ act: String, _ options: String..., sam: SamFixture) async throws -> String {
        let output = try await sam.sam(["credentials", act, "anthropic"] + (act == "rm" ? ["--yes"] : []) + options)
        #expect(output.termination == .exited(0), "\(act): \(output.standardError)")
        return output.text
    }

    /// The line of `list` for a scope and its owner; empty when there is none.
    private func row(_ scope: String, _ sam: SamFixture) async throws -> String {
        let lines = try await sam.sam("credentials", "list").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(scope) }.map(String.init) ?? ""
    }
}
