import AgentProtocol
import ArgumentParser
import Foundation
import Processes

/// From the request for a session to its agent's readiness, against the agent's own bare start.
struct SessionReadiness: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ready", abstract: "Session request to ready against bare scout's own handshake.")

    @Option(help: "Rounds; the two take turns.")
    var rounds = 15

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let repository = try await scratch.smallRepository()
        let installation = Installation(home: scratch.path + "/home")
        defer { installation.stop() }
        try await installation.sam("projects", "add", repository, "--name", "bench")

        var bare = Series("scout alone: start to session/new answered")
        var whole = Series("SAM: request to ready")
        var phases: [String: Series] = [:]
        for round in 0...rounds {
            let alone = try await ContinuousClock().measure { try await handshake(in: repository) }
            let lines = try await installation.sam("run", "--project", "bench", "--json", "Explore.").split(separator: "\n")
            let changes = try lines.dropLast().map { try JSONLine.decode(JSONValue.self, from: String($0)) }
                .filter { $0["kind"]?.string == "state" }
            guard round > 0 else { continue }
            bare.add(alone)
            whole.add(.milliseconds(try moment("ready", changes) - moment("queued", changes)))
            for (from, to) in [("queued", "preparing"), ("preparing", "booting"), ("booting", "starting"), ("starting", "ready")] {
                phases[from, default: Series("— of it \(from)")].add(.milliseconds(try moment(to, changes) - moment(from, changes)))
            }
        }
        print("\n\(Series.header("until the agent is ready"))")
        for series in [whole, bare] + ["queued", "preparing", "booting", "starting"].compactMap({ phases[$0] }) {
            print(series.row(against: bare))
        }
    }

    private func moment(_ phase: String, _ changes: [JSONValue]) throws -> Int {
        guard let change = changes.first(where: { $0["payload"]?["phase"]?.string == phase }), case .integer(let at)? = change["at"]
        else { throw ValidationError("The session was never \(phase).") }
        return at
    }

    private func handshake(in folder: String) async throws {
        let lines = [
            #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{}}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"session/new","params":{"cwd":"\#(folder)","mcpServers":[]}}"#,
        ]
        let output = try await Command(
            Program.ownFolder + "/sam-scout", [], environment: ["PATH": "/usr/bin:/bin"]
        ).run(input: [UInt8](lines.map { $0 + "\n" }.joined().utf8))
        guard output.text.contains("sessionId") else { throw ValidationError("Scout did not answer: \(output.standardError)") }
    }
}
