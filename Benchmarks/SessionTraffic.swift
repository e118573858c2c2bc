import API
import AgentProtocol
import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Processes

/// How fast what agents write reaches who follows them: through one session as fast as it goes, and through many at once at a pace.
struct SessionTraffic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traffic",
        abstract: "Events a second through one session; with many at once, memory and the delay from agent to reader.")

    @Option(help: "Sessions at once.")
    var sessions = 200

    @Option(help: "Milliseconds between two events of a session, with many at once.")
    var pause = 500

    @Option(help: "Events of each session, with many at once.")
    var events = 120

    @Option(help: "Events through one session.")
    var burst = 20_000

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let repository = try await scratch.smallRepository()
        let installation = Installation(home: scratch.path + "/home")
        defer { installation.stop() }
        try FileManager.default.createDirectory(atPath: installation.home, withIntermediateDirectories: true)
        try Data(
            """
            agents:
              - {id: fast, protocol: acp, command: [scripted-agent, clock, "0"]}
              - {id: paced, protocol: acp, command: [scripted-agent, clock, "\(pause * 1_000)"]}

            """.utf8
        ).write(to: URL(filePath: installation.home + "/agents.yaml"))
        try await installation.sam("projects", "add", repository, "--name", "bench")
        try await installation.sam("settings", "set", "sessions.limit", "\(sessions)")
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.manyConnections(sessions))
        let reader = TrafficReader(home: installation.home, client: client)
        do {
            try await one(installation, reader)
            try await many(installation, reader)
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private static func manyConnections(_ count: Int) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = count + 8
        return configuration
    }

    private func one(_ installation: Installation, _ reader: TrafficReader) async throws {
        let id = try await start("fast", installation)
        let reading = Task { try await reader.delays(of: id, count: burst) }
        try await installation.sam("sessions", "prompt", id, "\(burst)")
        let read = try await reading.value
        try await installation.sam("sessions", "cancel", id)
        let seconds = Double(read.last - read.first) / 1e9
        print("\n| one session, \(burst) events as fast as the agent writes them | |\n| --- | --- |")
        print("| events a second, from the first write to the last event read | \(Int(Double(burst) / seconds)) |")
    }

    private func many(_ installation: Installation, _ reader: TrafficReader) async throws {
        guard let server = installation.server else { throw ValidationError("The server is not running.") }
        var ids: [String] = []
        for _ in 0..<sessions { ids.append(try await start("paced", installation, waits: false)) }
        for id in ids { try await reader.waitForReadiness(of: id) }
        let readings = ids.map { id in Task { try await reader.delays(of: id, count: events) } }
        for id in ids { try await reader.prompt(id, "\(events)") }
        // In the middle of it.
        try await Task.sleep(for: .milliseconds(pause * events / 2))
        let serverSize = try SessionMemory.proportionalSetSize(server)
        let runners = try SessionMemory.processes(program: "/sam-runner", first: "run").map { try SessionMemory.proportionalSetSize($0) }
        var delays: [Int64] = []
        for reading in readings { delays += try await reading.value.delays }
        delays.sort()
        func percentile(_ share: Double) -> String { String(format: "%.1f", Double(delays[Int(Double(delays.count - 1) * share)]) / 1e6) }
        print("\n| \(sessions) sessions at once, an event each \(pause) ms, one reader each | |\n| --- | --- |")
        print("| events read | \(delays.count) |")
        print("| from the agent's write to its reader, p50 | \(percentile(0.5)) ms |")
        print("| p99 | \(percentile(0.99)) ms |")
        print("| server, proportional set size | \(serverSize >> 20) MiB |")
        print(
            "| a runner, mean of \(runners.count) | \(String(format: "%.1f", Double(runners.reduce(0, +)) / Double(max(runners.count, 1)) / Double(1 << 20))) MiB |"
        )
        for id in ids { _ = try? await reader.cancel(id) }
        for id in ids { try await reader.waitForEnd(of: id) }
    }

    private func start(_ agent: String, _ installation: Installation, waits: Bool = true) async throws -> String {
        let reader = TrafficReader(home: installation.home, client: .shared)
        let id = try await reader.create(agent)
        if waits { try await reader.waitForReadiness(of: id) }
        return id
    }
}

/// A client of the API, on the control socket.
private struct TrafficReader: Sendable {
    let home: String
    let client: HTTPClient

    struct Read: Sendable {
        /// From the agent's write to its being read here, in nanoseconds.
        var delays: [Int64] = []
        /// When the first was written and the last read, in nanoseconds.
        var first: Int64 = 0
        var last: Int64 = 0
    }

    /// Follows a session until so many of its events have come.
    func delays(of id: String, count: Int) async throws -> Read {
        let response = try await client.execute(try request("/\(id)/events/stream"), deadline: .distantFuture)
        var read = Read()
        var reader = EventReader()
        for try await buffer in response.body {
            for event in try reader.append(buffer.readableBytesView) {
                guard let event: JSONValue = try? JSONLine.decode(from: event.data), event["kind"] == "toolCall",
                    let written = event["payload"]?["title"]?.string.flatMap({ Int64($0) })
                else { continue }
                read.last = Self.now()
                read.delays.append(read.last - written)
                if read.first == 0 { read.first = written }
                if read.delays.count == count { return read }
            }
        }
        throw ValidationError("Session \(id) ended after \(read.delays.count) of \(count) events.")
    }

    func create(_ agent: String) async throws -> String {
        let answer = try await send("", #"{"project":"bench","agent":"\#(agent)"}"#)
        guard let id = answer["id"]?.string else { throw ValidationError("No session: \(answer)") }
        return id
    }

    func prompt(_ id: String, _ text: String) async throws { _ = try await send("/\(id)/prompts", #"{"text":"\#(text)"}"#) }

    func cancel(_ id: String) async throws { _ = try await send("/\(id)/cancel", "") }

    func waitForReadiness(of id: String) async throws { try await wait(id) { $0["phase"] == "ready" } }

    func waitForEnd(of id: String) async throws { try await wait(id) { $0["settled"] == true } }

    private func wait(_ id: String, until isSo: (JSONValue) -> Bool) async throws {
        while true {
            let response = try await client.execute(try request("/\(id)"), timeout: .seconds(60))
            if isSo(try JSONLine.decode(from: Data(try await response.body.collect(upTo: 1 << 20).readableBytesView))) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func send(_ path: String, _ body: String) async throws -> JSONValue {
        var request = try request(path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await client.execute(request, timeout: .seconds(60))
        return try JSONLine.decode(from: Data(try await response.body.collect(upTo: 1 << 20).readableBytesView))
    }

    private func request(_ path: String) throws -> HTTPClientRequest {
        let token = try String(contentsOfFile: home + "/token", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let socket = (home + "/control.sock").addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        var request = HTTPClientRequest(url: "http+unix://\(socket)/api/v1/sessions\(path)")
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        return request
    }

    private static func now() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
