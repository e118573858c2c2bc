import AgentCatalogue
import AgentDrivers
import AgentProtocol
import ArgumentParser
import Credentials
import Foundation
import Processes

/// From the request for a session to its agent's readiness, against the agent's own bare start.
struct SessionReadiness: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ready", abstract: "Session request to ready against each agent's own handshake, for those that are installed.")

    @Option(help: "Rounds; the two take turns.")
    var rounds = 15

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let repository = try await scratch.smallRepository()
        let installation = Installation(home: scratch.path + "/home")
        defer { installation.stop() }
        try await installation.sam("projects", "add", repository, "--name", "bench")
        for id in ["scout", "claude-code", "codex"] {
            guard let agent = Catalogue().agent(id), let program = Program.find(agent.command[0], firstIn: Program.ownFolder) else {
                print("\n\(id) is not installed here.")
                continue
            }
            try await measure(agent, program, in: repository, installation)
        }
    }

    private func measure(_ agent: AgentDefinition, _ program: String, in repository: String, _ installation: Installation) async throws {
        let provider = agent.providers.isEmpty ? nil : Provider.rehearsal
        var bare = Series("\(agent.name) alone: start to the handshake's answer")
        var whole = Series("SAM: request to ready")
        var phases: [String: Series] = [:]
        for round in 0...rounds {
            let start = BareStart(agent: agent, program: program, provider: provider, folder: repository)
            let alone = try await ContinuousClock().measure { try await start.run() }
            let more = provider.map { ["--provider", $0.rawValue] } ?? []
            let lines = try await installation.sam(
                ["run", "--project", "bench", "--agent", agent.id, "--permissions", "everything", "--json"] + more + ["Explore."]
            ).split(separator: "\n")
            let changes = try lines.dropLast().map { try JSONLine.decode(JSONValue.self, from: String($0)) }
                .filter { $0["kind"]?.string == "state" }
            guard round > 0 else { continue }
            bare.add(alone)
            whole.add(.milliseconds(try moment("ready", changes) - moment("queued", changes)))
            for (from, to) in [("queued", "preparing"), ("preparing", "booting"), ("booting", "starting"), ("starting", "ready")] {
                phases[from, default: Series("— of it \(from)")].add(.milliseconds(try moment(to, changes) - moment(from, changes)))
            }
        }
        print("\n\(Series.header("until \(agent.name) is ready"))")
        for series in [whole, bare] + ["queued", "preparing", "booting", "starting"].compactMap({ phases[$0] }) {
            print(series.row(against: bare))
        }
    }

    private func moment(_ phase: String, _ changes: [JSONValue]) throws -> Int {
        guard let change = changes.first(where: { $0["payload"]?["phase"]?.string == phase }), case .integer(let at)? = change["at"]
        else { throw ValidationError("The session was never \(phase).") }
        return at
    }
}

/// An agent by itself, without sandbox, runner or server, until it has answered the same handshake.
private struct BareStart {
    let agent: AgentDefinition
    let program: String
    let provider: Provider?
    let folder: String

    func run() async throws {
        // Nobody is at this address: until it is ready no agent asks its model for anything.
        let access = GatewayAccess(address: "http://127.0.0.1:9", lease: "none")
        let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
        let command = Command(
            program, agent.arguments(for: provider, access: access),
            environment: inherited.merging(agent.environment(for: provider, access: access), uniquingKeysWith: { $1 }),
            workingDirectory: folder)
        let input = try PipeEnds()
        let output = try PipeEnds()
        let process = try await OwnedProcess.start(command, descriptors: Descriptors(input: input.reading, output: output.writing))
        close(input.reading)
        close(output.writing)
        let driver = agent.wireProtocol.driver(for: Conversation(workingDirectory: folder, permissions: .ask))
        // The calls block, so they have a thread of their own.
        let answered = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.converse(driver, input.writing, output.reading)) }
        }
        close(input.writing)
        close(output.reading)
        process.signalGroup(SIGKILL)
        _ = await process.termination()
        guard answered else { throw ValidationError("\(agent.name) did not answer.") }
    }

    private static func converse(_ opened: any AgentDriver, _ input: CInt, _ output: CInt) -> Bool {
        var driver = opened
        var lines = LineSplitter()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var actions = driver.begin()
        while true {
            for action in actions {
                switch action {
                case .emit(.handshake): return true
                case .send(let data): _ = data.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
                case .giveUp: return false
                default: break
                }
            }
            let count = read(output, &buffer, buffer.count)
            guard count > 0, let more = try? lines.append(buffer[..<count]) else { return false }
            actions = more.flatMap { driver.receive($0) }
        }
    }
}
