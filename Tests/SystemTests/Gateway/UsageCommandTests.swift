import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("sam usage")
struct UsageCommandTests {
    @Test("Before anything was used it says so, and with --json it is an empty list")
    func nothing() async throws {
        try await SamFixture.with { sam in
            let output = try await sam.sam("usage")
            #expect(output.text.hasPrefix("Nothing was used since "))
            #expect(try await sam.json("usage")["usage"] == [])
        }
    }

    @Test("What was used is told by each thing that a line can be about, in tokens and money")
    func lines() async throws {
        try await GatewayServer.withUpstream { sam, _ in
            try await sam.setCredential("anthropic", "sk-anthropic-0123456789")
            try await sam.setCredential("openai", "sk-openai-0123456789")
            let tool = try await sam.gatewayKey()
            let ours = try await sam.gatewayKey("ours", ["project": "project"])
            for key in [tool, tool, ours] { #expect(try await sam.relay(with: key).status == 200) }
            // It answers with what is no model of OpenAI's and in no form of its usage.
            #expect(try await sam.relay("/openai/v1/chat/completions", with: tool).status == 200)
            try await eventually("all are settled") { try await sam.usage(by: "user")["owner"]?["requests"] == 4 }

            let day = Date.now.ISO8601Format().prefix(10)
            let expected: [(by: String, counts: [String: Int])] = [
                ("provider", ["anthropic": 3, "openai": 1]), ("project", ["project": 1, "": 3]), ("user", ["owner": 4]),
                ("session", ["": 4]), ("day", [String(day): 4]), ("model", ["claude-sonnet-4-5": 4]),
            ]
            for (by, counts) in expected {
                let lines = try await sam.json("usage", "--by", by)["usage"]?.elements ?? []
                let told = Dictionary(lines.map { ($0["name"]?.string ?? "?", $0["requests"] ?? .null) }, uniquingKeysWith: { $1 })
                #expect(told == counts.mapValues { .integer($0) }, "\(by)")
                let text = try await sam.sam("usage", "--by", by).text
                #expect(counts.keys.allSatisfy { text.contains($0.isEmpty ? "(none)" : $0) }, "\(text)")
            }
            let lines = try await sam.usage(by: "provider")
            #expect(lines["anthropic"]?["cost"] == .integer(3 * 330_000) && lines["anthropic"]?["estimated"] == 0)
            #expect(lines["openai"]?["estimated"] == 1 && lines["openai"]?["cost"] != 0, "Unknown is never free: \(lines)")
            #expect(try await sam.sam("usage", "--by", "provider").text.contains("1 estimated"))
            #expect(try await sam.usage(by: "provider", "&project=project").mapValues { $0["requests"] } == ["anthropic": 1])
            #expect(try await sam.json("usage", "--days", "7")["usage"] == (try await sam.json("usage")["usage"]))
            let since = try #require(try await sam.json("usage", "--days", "7")["sinceText"]?.string)
            let table = try await sam.sam("usage", "--days", "7").text
            #expect(since.hasSuffix(" 00:00 (UTC)") && table.hasPrefix("Since \(since)\nMODEL "), "Above the table: \(table)")
            let future = Int(Date.now.timeIntervalSince1970 * 1_000) + 3_600_000
            #expect(try await sam.usage(by: "provider", "&since=\(future)").isEmpty)
        }
    }

    @Test("An invalid line, span, project or session is refused with a sentence")
    func badInput() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            for (arguments, code, words) in [
                (["--by", "weather"], 2, "weather"), (["--days", "0"], 2, "--days"), (["--days", "-1"], 2, "--days"),
                (["--days", "soon"], 2, "soon"), (["--days", "99999"], 2, "--days"), (["--project", "nowhere"], 1, "“nowhere”"),
                (["--session", "s_000000000000"], 1, "s_000000000000"), (["surplus"], 2, "surplus"),
            ] as [([String], Int32, String)] {
                let output = try await sam.sam(["usage"] + arguments)
                #expect(output.termination == .exited(code), "\(arguments): \(output.text)")
                #expect(output.standardError.contains(words), "\(arguments): \(output.standardError)")
            }
            for query in [
                "by=weather", "since=soon", "since=99999999999999999999", "days=0", "days=-1", "days=x", "days=10001", "days=2&since=0",
                "since=day&days=2",
            ] {
                let reply = try await sam.call(.GET, "/api/v1/usage?\(query)")
                #expect(reply.status == 400 && reply.contentType == "application/problem+json", "\(query): \(reply.text)")
            }
        }
    }

    @Test("A model without a known price is never free, and its cost is marked as an estimate")
    func unknownModel() async throws {
        let answer = SamFixture.answer.replacing("claude-sonnet-4-5", with: "no-such-model-1")
        try await RecordingUpstream.with({ _ in .json(answer) }) { upstream in
            try await SamFixture.with { sam in
                try await sam.serve()
                try await sam.point("anthropic", at: upstream)
                try await sam.setCredential("anthropic", "sk-anthropic-0123456789")
                let key = try await sam.gatewayKey()
                let body: JSONValue = ["model": "no-such-model-1", "max_tokens": 5, "messages": []]
                #expect(try await sam.relay(with: key, body).status == 200)
                try await eventually("it is settled") { try await sam.usage(by: "model")["no-such-model-1"]?["requests"] == 1 }
                let line = try #require(try await sam.usage(by: "model")["no-such-model-1"])
                #expect(line["estimated"] == 1 && line["cost"] != 0, "\(line)")
                #expect(line["usage"]?["input"] == 10 && line["usage"]?["output"] == 20, "The tokens are as they were told: \(line)")
            }
        }
    }
}
