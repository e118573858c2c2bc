import AgentProtocol
import NIOHTTP1
import TestSupport
import Testing

/// A server whose providers are an upstream of the tests.
enum GatewayServer {
    /// A server with a project, whose anthropic and openai are an upstream that answers everything.
    static func withUpstream(_ body: (SamFixture, RecordingUpstream) async throws -> Void) async throws {
        try await RecordingUpstream.with({ request in
            request.key.contains("refused")
                ? .json(#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#, status: 401)
                : .json(SamFixture.answer)
        }) { upstream in
            try await SamFixture.with { sam in
                try await sam.serve()
                try await sam.project()
                try await sam.point("anthropic", at: upstream)
                try await sam.point("openai", at: upstream)
                try await body(sam, upstream)
            }
        }
    }

    /// Starts a session of the agent that works with either, and waits until it is ready.
    static func start(_ provider: String, _ sam: SamFixture) async throws -> String {
        let reply = try await sam.call(
            .POST, "/api/v1/sessions", ["project": "project", "agent": "keyed", "provider": .string(provider)])
        let id = try #require(reply["id"]?.string, "\(reply.text)")
        try await eventually("session \(id) is ready") {
            try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "ready"
        }
        return id
    }
}
