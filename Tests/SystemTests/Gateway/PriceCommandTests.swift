import AgentProtocol
import Processes
import Testing

@testable import SystemSupport

@Suite("sam prices")
struct PriceCommandTests {
    private func prices(_ sam: SamFixture, _ arguments: String...) async throws -> [JSONValue] {
        let output = try await sam.sam(["prices", "list", "--json"] + arguments)
        #expect(output.termination == .exited(0), "\(output.all)")
        return try JSONLine.decode(JSONValue.self, from: output.text)["prices"]?.elements ?? []
    }

    @Test("The list is searched and comes in parts, each price with where it is from")
    func list() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let all = try await prices(sam, "--limit", "all")
            #expect(all.count > 100 && all.allSatisfy { $0["from"] == "list" && $0["source"]?.string?.hasPrefix("https://") == true })
            #expect(try await prices(sam).count == min(all.count, 200))
            #expect(try await prices(sam, "--limit", "7") == Array(all.prefix(7)))
            let pro = try #require(try await prices(sam, "GPT-5.4-pro").first)
            #expect(pro["model"] == "gpt-5.4-pro" && pro["input"] == .integer(30_000_000_000) && pro["output"] == .integer(180_000_000_000))
            let text = try await sam.sam("prices", "opus-5-5").text
            #expect(text.contains("claude-opus-5-5") && text.contains("$4.00") && text.contains("read 2026-") && !text.contains("gpt"))
            #expect(try await sam.sam("prices", "never-heard-of").text.contains("sam prices set"))
        }
    }

    @Test("A project's price is set, listed before the list's, changed and removed, and the audit trail tells of it")
    func own() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let model = "house/llama3:8b"
            let project = ["--project", "project"]
            func own() async throws -> JSONValue? {
                try await prices(sam, "--project", "project", "--limit", "1").first { $0["from"] == "project" }
            }
            let set = try await sam.sam(["prices", "set", model, "--input", "1", "--output", "2"] + project)
            #expect(set.termination == .exited(0) && set.text.contains("project project") && set.text.contains("$2.00"), "\(set.all)")
            _ = try await sam.sam(["prices", "set", model, "--input", "0.5", "--output", "4", "--cache-read", "0.05"] + project)
            let price = try #require(try await own())
            #expect(price["model"]?.string == model && price["by"] == "owner" && price["input"] == .integer(500_000_000))
            #expect(price["cacheRead"] == .integer(50_000_000) && price["cacheWrite"] == .integer(500_000_000))
            #expect(try await prices(sam, "llama3").isEmpty, "It is the project's alone")
            let removed = try await sam.sam(["prices", "rm", model] + project)
            #expect(removed.termination == .exited(0), "\(removed.all)")
            #expect(try await own() == nil)
            let again = try await sam.sam(["prices", "rm", model] + project)
            #expect(again.termination == .exited(1) && again.all.contains(model), "\(again.all)")
            for (arguments, word) in [
                (["set", model, "--input", "cheap", "--output", "1"], "“cheap”"),
                (["set", "two words", "--input", "1", "--output", "1"], "blanks"),
                (["set", model, "--input", "1", "--output", "-1"], "output"),
            ] {
                let answer = try await sam.sam(["prices"] + arguments + project)
                #expect(answer.termination != .exited(0) && answer.all.contains(word), "\(answer.all)")
            }
            let audit = try await sam.sam("audit").text
            #expect(audit.contains("price.set") && audit.contains("price.removed"))
        }
    }
}

extension Output {
    /// What a command printed anywhere.
    fileprivate var all: String { text + standardError }
}
