import AgentProtocol
import Foundation
import NIOHTTP1
import Testing

@testable import SystemSupport

/// Parts of a script for Codex. The model decides which tools Codex offers: 6.1 writes JavaScript, 5.5 calls each by its name.
enum CodexScript {
    static let models = ["gpt-6.1-sol", "gpt-5.5"]

    /// Runs a command. After so many milliseconds the model goes on without its end.
    static func run(_ command: String, within milliseconds: Int = 600_000) -> String {
        let input: JSONValue = ["cmd": .string(command), "yield_time_ms": .integer(milliseconds)]
        return either(
            "exec", .string("const r = await tools.exec_command(\(text(input))); text(JSON.stringify(r));"), "exec_command", input)
    }

    /// Starts a sub-agent, whose part of the script is found by the name.
    static func spawn(_ name: String) -> String {
        let (new, old): (JSONValue, JSONValue) = (
            ["task_name": .string(name), "message": .string(name), "fork_turns": "none"], ["message": .string(name)]
        )
        return "- [{name: collaboration__spawn_agent, input: \(text(new))}, "
            + "{name: spawn_agent, namespace: multi_agent_v1, input: \(text(old))}]"
    }

    static func call(_ name: String, _ input: JSONValue) -> String { "- {name: \(name), input: \(text(input))}" }

    /// Waits for a file that the test makes.
    static func wait(_ file: String, then command: String) -> String {
        "until [ -e /workspace/\(file) ]; do sleep 0.1; done; \(command)"
    }

    private static func either(_ name: String, _ input: JSONValue, _ other: String, _ otherInput: JSONValue) -> String {
        "- [{name: \(name), input: \(text(input))}, {name: \(other), input: \(text(otherInput))}]"
    }

    /// JSON is YAML.
    private static func text(_ value: JSONValue) -> String { (try? JSONLine.text(value)) ?? "null" }
}

extension SamFixture {
    /// Serves with Codex, which plays a script.
    func serveCodex(_ script: String) async throws {
        try install(try RealAgent.codex(), as: "codex")
        try write(script, to: "home/rehearsal.yaml")
        try await serve()
        try await project()
    }

    /// Starts a session of Codex's with one of its models.
    func startCodex(_ prompt: String, model: String, permissions: String = "everything", ending: String = "onRequest") async throws
        -> String
    {
        let reply = try await call(
            .POST, "/api/v1/sessions",
            [
                "project": "project", "agent": "codex", "provider": "rehearsal", "model": .string(model), "ending": .string(ending),
                "prompt": .string(prompt), "permissions": .string(permissions),
            ])
        return try #require(reply["id"]?.string, "\(reply.text)")
    }

    func log(of id: String) async throws -> [JSONValue] {
        try await call(.GET, "/api/v1/sessions/\(id)/events?limit=1000")["events"]?.elements ?? []
    }
}
