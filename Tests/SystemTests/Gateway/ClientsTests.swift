import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("The official clients through the gateway")
struct ClientsTests {
    /// The turns of the rehearsal in these tests.
    private static let script = """
        turns:
          - say: Hello there, this is said in more than one piece.
            think: What can I say
            call: [{name: Bash, input: {command: ls}}]
            usage: {input: 10, output: 20, cache-read: 5, cache-write: 3}
          - error: {status: 429, message: Not so fast please, retry-after: 1}
          - error: {status: 529, message: Too many want something, retry-after: 1}
          - error: {status: 400, message: This can not be understood}
          - say: This is never said to its end because the line is cut before it comes to that.
            cut: 5
        """
    private static let text: JSONValue = "Hello there, this is said in more than one piece."
    private static let call: JSONValue = [["name": "Bash", "input": ["command": "ls"]]]

    /// What the clients make of what works, field by field.
    static let scenarios: [(client: PythonClient, scenario: String, expected: [String: JSONValue])] = [
        (.anthropic, "plain", ["text": text, "calls": [], "reason": "end_turn", "usage": [10, 5, 3, 20]]),
        (.anthropic, "tools", ["text": text, "calls": call, "reason": "tool_use"]),
        (.anthropic, "streamed", ["text": text, "isWhole": true, "reason": "end_turn", "usage": [10, 5, 3, 20]]),
        (.anthropic, "streamed tools", ["text": text, "calls": call, "reason": "tool_use"]),
        (.anthropic, "count", ["isCounted": true]),
        (.anthropic, "models", ["models": ["rehearsal"]]),
        (.openai, "chat", ["text": text, "calls": [], "reason": "stop", "usage": [18, 5, 20]]),
        (.openai, "chat tools", ["text": text, "calls": call, "reason": "tool_calls"]),
        // Usage was not asked for, so the gateway asks for it and takes it out again.
        (.openai, "chat streamed", ["text": text, "reason": "stop", "usages": [], "empty": 0]),
        (.openai, "chat streamed with usage", ["text": text, "reason": "stop", "usages": [20], "empty": 1]),
        (.openai, "responses", ["text": text, "calls": [], "reason": "completed", "usage": [18, 5, 20]]),
        (.openai, "responses tools", ["text": text, "calls": call, "reason": "completed"]),
        (.openai, "responses streamed", ["text": text, "first": "response.created", "last": "response.completed", "output": 20]),
        (.openai, "models", ["models": ["rehearsal"]]),
    ]

    @Test("Unmodified they hold conversations, streamed and not, call tools, and everything is metered", arguments: PythonClient.allCases)
    func conversations(_ client: PythonClient) async throws {
        try await Self.withRehearsal { sam, key in
            let scenarios = Self.scenarios.filter { $0.client == client }
            let results = try await client.play(scenarios.map(\.scenario), with: key, sam)
            for ((_, scenario, expected), result) in zip(scenarios, results) {
                for (field, value) in expected { #expect(result[field] == value, "\(scenario): \(field) in \(result)") }
            }
            let metered = scenarios.count { !["count", "models"].contains($0.scenario) }
            let usage = try await settled(metered, sam)
            #expect(
                usage["usage"]?["output"] == .integer(20 * metered) && usage["usage"]?["cacheRead"] == .integer(5 * metered), "\(usage)")
            #expect(usage["estimated"] == 0 && usage["unsettled"] == 0, "\(usage)")
        }
    }

    /// What goes wrong at the provider: at which turn, as what class of each client's, and how often it is tried.
    static let errors: [(turn: Int, status: Int, anthropic: String, openai: String, message: String, requests: Int)] = [
        (1, 429, "RateLimitError", "RateLimitError", "Not so fast please", 3),
        (2, 529, "InternalServerError", "InternalServerError", "Too many want something", 3),
        (3, 400, "BadRequestError", "BadRequestError", "This can not be understood", 1),
    ]

    @Test(
        "An error of the provider's reaches the client with its status, words and time to wait, and it tries again as it would",
        arguments: [(PythonClient.anthropic, "plain"), (.anthropic, "streamed"), (.openai, "chat"), (.openai, "responses")])
    func providersErrors(_ client: PythonClient, _ scenario: String) async throws {
        try await Self.withRehearsal { sam, key in
            let results = try await client.play(Self.errors.map { "\(scenario):\($0.turn)" }, with: key, sam)
            for (error, result) in zip(Self.errors, results) {
                let what = Comment(rawValue: "\(error.status): \(result)")
                let kind = client == .anthropic ? error.anthropic : error.openai
                #expect(result["kinds"]?.elements?.contains(.string(kind)) == true, what)
                #expect(result["status"] == .integer(error.status), what)
                #expect(result["message"]?.string?.contains(error.message) == true, what)
                #expect(result["retryAfter"] == (error.requests > 1 ? "1" : .null), what)
                // It waited twice for as long as it was told.
                guard error.requests > 1, case .integer(let seconds)? = result["seconds"] else { continue }
                #expect(seconds >= 2, what)
            }
            let usage = try await settled(Self.errors.reduce(0) { $0 + $1.requests }, sam)
            #expect(usage["usage"]?["output"] == 0 && usage["cost"] == 0, "An error costs nothing: \(usage)")
        }
    }

    @Test(
        "A stream that breaks off raises in the client, and is metered by an estimate that is flagged",
        arguments: [(PythonClient.anthropic, "streamed"), (.openai, "chat streamed"), (.openai, "responses streamed")])
    func cut(_ client: PythonClient, _ scenario: String) async throws {
        try await Self.withRehearsal { sam, key in
            let result = try #require(try await client.play(["\(scenario):4"], with: key, sam).first)
            #expect(result["error"]?.string?.isEmpty == false && result["status"] == .null, "\(result)")
            let usage = try await settled(1, sam)
            #expect(usage["estimated"] == 1 && usage["unsettled"] == 0 && usage["usage"]?["input"] != 0, "\(usage)")
        }
    }

    @Test("A key that opens nothing is an AuthenticationError that says what to do, and one that does beside it works")
    func wrongKey() async throws {
        try await Self.withRehearsal { sam, key in
            let revoked = try await sam.gatewayKey("revoked")
            #expect(try await sam.sam("keys", "revoke", "revoked").termination == .exited(0))
            let nobodys = "sam_lease_\(String(repeating: "0", count: 64))"
            for (client, wrongs) in [(PythonClient.anthropic, ["sk-ant-nobodys", revoked]), (.openai, [nobodys])] {
                for wrong in wrongs {
                    let result = try #require(try await client.play(["models"], with: wrong, sam).first)
                    #expect(result["error"] == "AuthenticationError" && result["status"] == 401, "\(result)")
                    let message = result["message"]?.string ?? ""
                    #expect(message.contains("key") && !message.contains(wrong), "\(message)")
                }
                #expect(try await client.play(["models"], with: key, sam).first?["models"] == ["rehearsal"])
            }
        }
    }

    @Test("Over budget the client is told until when, asks once, and nothing reaches the provider", arguments: PythonClient.allCases)
    func overBudget(_ client: PythonClient) async throws {
        try await RecordingUpstream.with({ _ in .json(SamFixture.answer) }) { upstream in
            try await SamFixture.with { sam in
                try await sam.serve()
                try await sam.point(client.rawValue, at: upstream)
                try await sam.setCredential(client.rawValue, "sk-real-0123456789")
                let key = try await sam.gatewayKey()
                #expect(try await sam.sam("budget", "set", "0.0001").termination == .exited(0))
                let scenario = client == .anthropic ? "plain" : "chat"
                let result = try #require(try await client.play([scenario], at: client.rawValue, with: key, sam).first)
                #expect(result["kinds"]?.elements?.contains("APIStatusError") == true, "\(result)")
                #expect(result["status"] == 402 && result["retryAfter"] == .null, "\(result)")
                let message = result["message"]?.string ?? ""
                let reset = try #require(try await sam.json("budget", "list")["budgets"]?.elements?.first?["resetsAt"])
                guard case .integer(let milliseconds) = reset else { throw CancellationError() }
                let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000).ISO8601Format().prefix(10)
                #expect(message.contains(date) && message.contains("budget"), "\(message)")
                #expect(upstream.requests.isEmpty, "Also not at a second try")
                guard case .integer(let seconds)? = result["seconds"] else { throw CancellationError() }
                #expect(seconds == 0, "It does not wait for another try: \(result)")
                #expect(try await sam.usage(by: "user").isEmpty)

                #expect(try await sam.sam("budget", "set", "10").termination == .exited(0))
                _ = try await client.play([scenario], at: client.rawValue, with: key, sam)
                #expect(upstream.requests.map(\.key) == ["sk-real-0123456789"], "With more it goes through")
            }
        }
    }

    // MARK: - Parts

    /// A server with the script and a gateway key.
    private static func withRehearsal(_ body: (SamFixture, String) async throws -> Void) async throws {
        try await SamFixture.with { sam in
            try sam.write(script, to: "home/rehearsal.yaml")
            try await sam.serve()
            try await body(sam, try await sam.gatewayKey())
        }
    }

    /// The report's line, when it has come to so many requests.
    private func settled(_ count: Int, _ sam: SamFixture) async throws -> JSONValue {
        var line: JSONValue = ["requests": 0]
        try await eventually("\(count) requests are settled", within: .seconds(10)) {
            line = try await sam.usage(by: "provider")["rehearsal"] ?? line
            return line["requests"] == .integer(count)
        }
        return line
    }
}
