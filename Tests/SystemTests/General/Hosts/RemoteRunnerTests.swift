import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// A real runner that reaches a real server over TLS, with its token alone.
@Suite("Runners on another machine")
struct RemoteRunnerTests {
    @Test("A proxy's 403 or 404 in the server's place ends nothing: the runner goes on, and delivers when the server is there again")
    func proxy() async throws {
        try await HostPlace.otherMachine.with { world in
            let id = try await world.working()
            let runner = try world.runner(id)
            try await world.killServer()
            for status in ["403 Forbidden", "404 Not Found"] {
                try await FixedAnswer.with(status, port: world.port, certificate: world.certificate, key: world.key) { proxy in
                    try await eventually("the runner was answered \(status) several times") { proxy.count > 6 }
                }
                #expect(kill(runner, 0) == 0, "\(status)")
            }
            try world.letEnd(id)
            try await world.serve()
            let finished = try await world.finish(id)
            #expect(finished.phase == "completed", "\(finished.phases) \(finished.failureMessage)")
            let lines = finished.said.split(separator: "\n")
            #expect(!lines.isEmpty && lines.indices.allSatisfy { lines[$0] == "line \($0 + 1)" }, "Each line once, in order")
            #expect(finished.payloads("turnStarted").count == 1)
            try await eventually("the runner has ended") { kill(runner, 0) != 0 }
        }
    }

    @Test("SAM's own problem that the attempt is over ends the runner and its agent")
    func fenced() async throws {
        try await HostPlace.otherMachine.with { world in
            let id = try await world.working()
            let runner = try world.runner(id)
            try await world.killServer()
            let problem = #"{"type":"\#(FencedProblem.type)","title":"Conflict","status":409,"detail":"It is over."}"#
            try await FixedAnswer.with("409 Conflict", body: #"{"type":"about:blank"}"#, world) { other in
                try await eventually("another conflict was answered") { other.count > 3 }
                #expect(kill(runner, 0) == 0, "It is not that problem")
            }
            try await FixedAnswer.with("409 Conflict", body: problem, world) { _ in
                try await eventually("the runner and its agent have ended", within: .seconds(20)) { SamFixture.processes(with: id).isEmpty }
            }
            try await world.serve()
            let finished = try await world.finish(id)
            #expect(finished.failureCode == "fenced", "\(finished.session)")
            #expect(try await world.sam.file("left-behind.txt", of: finished.session) == "work\n")
        }
    }

    @Test("SIGTERM: it stops its agent, delivers and exits; the session fails with that cause, and the agent's work is on the branch")
    func terminated() async throws {
        try await HostPlace.otherMachine.with { world in
            let id = try await world.working()
            let runner = try world.runner(id)
            kill(runner, SIGTERM)
            let finished = try await world.finish(id)
            #expect(finished.phase == "failed" && finished.failureCode == "runnerStopped", "\(finished.session)")
            #expect(finished.failureMessage.contains("SIGTERM"))
            #expect(try await world.sam.file("left-behind.txt", of: finished.session) == "work\n")
            try await eventually("all of it has ended") { SamFixture.processes(with: id).isEmpty }
        }
    }

    @Test("SIGTERM before it has its configuration ends it at once, and nothing of its agent was started")
    func terminatedEarly() async throws {
        try await Self.waiting { world, id, _, file in
            try await world.killServer()
            let runner = try Command(SamFixture.programs + "/sam-runner", ["run", file], environment: [:], workingDirectory: "/")
                .detach(log: world.sam.scratch + "/early.log")
            try await eventually("it has its lock") { FileLock.holder(path: world.lock(id)) == runner }
            kill(runner, SIGTERM)
            try await eventually("it has ended", within: .seconds(10)) { kill(runner, 0) != 0 }
            #expect(SamFixture.processes(with: id).isEmpty)
        }
    }

    @Test("Its configuration is given to its own token alone, at both doors, with a lease that ends the one before, until the agent starts")
    func configuration() async throws {
        try await Self.waiting { world, id, other, file in
            let sam = world.sam
            let token = try world.start(of: id).token
            try await RemoteServer.withClient(trusting: world.certificate) { client in
                func ask(_ token: String?) async throws -> (status: Int, body: JSONValue) {
                    let path = "/runner/v1/configuration"
                    let here = try await sam.call(.GET, path, as: token ?? "")
                    var request = HTTPClientRequest(url: "https://127.0.0.1:\(world.port)\(path)")
                    if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
                    let there = try await client.execute(request, timeout: .seconds(20))
                    let body = try await there.body.collect(upTo: 1 << 20)
                    #expect(here.status == Int(there.status.code), "Both doors answer the same")
                    return (here.status, try JSONLine.decode(from: Data(body.readableBytesView)))
                }
                let first = try await ask(token)
                #expect(first.status == 200)
                let configuration: RunnerConfiguration = try JSONLine.decode(from: try JSONLine.encode(first.body))
                #expect(configuration.session.rawValue == id && configuration.attempt == 1 && configuration.sandbox == .bubblewrap)
                #expect(configuration.agent.arguments == ["shell"] && configuration.conversation.workingDirectory == "/workspace")
                let text = try JSONLine.text(configuration)
                for secret in [token, sam.home, world.root] { #expect(!text.contains(secret), "Neither its token nor a path: \(text)") }
                let lease = try #require(configuration.agent.environment["SAM_LEASE"])
                let second = try await ask(token)
                #expect(second.body["agent"]?["environment"]?["SAM_LEASE"]?.string != lease, "The lease before is over")

                let foreign = try await ask(try world.start(of: other).token)
                #expect(foreign.status == 409 && foreign.body["type"] == "about:blank", "It is another session's, which runs: \(foreign)")
                let unknown = try await ask(Data(repeating: 7, count: 32).base64EncodedString())
                #expect(unknown.status == 409 && unknown.body["type"]?.string == FencedProblem.type, "\(unknown)")
                for token in [nil, try sam.ownerToken(), lease, "r_nobody"] {
                    let refused = try await ask(token)
                    #expect(refused.status == 401 && refused.body["agent"] == nil, "\(refused)")
                }

                // The runner itself asks, and runs the session to its result.
                let runner = try Command(SamFixture.programs + "/sam-runner", ["run", file], environment: [:], workingDirectory: "/")
                    .detach(log: sam.scratch + "/runner.log")
                let finished = try await world.finish(id)
                #expect(finished.phase == "completed", "\(finished.failureMessage)")
                #expect(finished.said.hasPrefix("ok\n"), "\(finished.said)")
                let over = try await ask(token)
                #expect(over.status == 409 && over.body["type"]?.string == FencedProblem.type, "\(over)")
                try await eventually("the runner has ended") { kill(runner, 0) != 0 }
            }
        }
    }

    /// Runs a test's body with a session whose runner was not started yet, another whose agent works, and the file for the runner.
    private static func waiting(
        _ body: (HostWorld, _ session: String, _ other: String, _ file: String) async throws -> Void
    ) async throws {
        try await HostPlace.otherMachine.with { world in
            let other = try await world.working()
            try Data().write(to: URL(filePath: world.root + "/busy"))
            let id = try await world.sam.start(project: "project", agent: "shell", "curl -sS http://127.0.0.1:4140/healthz; echo work > w")
            let file = RunnerPlace.startPath(in: world.attempt(id))
            try await eventually("the runner could start") { FileManager.default.fileExists(atPath: file) }
            try await body(world, id, other, file)
        }
    }
}

extension FixedAnswer {
    /// Answers problem details in the place of a world's server.
    fileprivate static func with(
        _ status: String, body answer: String, _ world: HostWorld, _ body: (FixedAnswer) async throws -> Void
    ) async throws {
        try await with(
            status, type: "application/problem+json", body: answer, port: world.port, certificate: world.certificate, key: world.key, body)
    }
}
