import Accounts
import AgentProtocol
import Foundation
import Processes

extension LocalHost {
    /// The agent's program in what stands around it.
    func agentCommand(_ launch: RunnerLaunch) -> Command {
        let extra = launch.agent.environment.merging(
            ["SAM_SESSION": launch.session.rawValue], uniquingKeysWith: { $1 })
        guard launch.project.sandbox == .bubblewrap else {
            let environment = AgentEnvironment.make(
                home: home.agentHome(launch.session), programs: programs, temporary: "/tmp", extra: extra)
            return Command(
                launch.agent.executable, launch.agent.arguments, environment: environment,
                workingDirectory: home.workspace(launch.session))
        }

        var sandbox = sandbox(launch.project, launch.session)
        sandbox.binds.append(
            Sandbox.Bind(host: home.sockets(launch.session), inside: Sandbox.Inside.sockets, access: .readOnly))
        let forwarder = Sandbox.Inside.programs + "/sam-runner"
        sandbox.binds.append(Sandbox.Bind(host: programs + "/sam-runner", inside: forwarder, access: .readOnly))
        for folder in libraries + launch.agent.folders {
            sandbox.binds.append(Sandbox.Bind(host: folder, inside: folder, access: .readOnly))
        }
        var agent = launch.agent.executable
        if agent.hasPrefix(programs + "/") {
            agent = Sandbox.Inside.programs + agent.dropFirst(programs.count)
            sandbox.binds.append(Sandbox.Bind(host: launch.agent.executable, inside: agent, access: .readOnly))
        } else if !agent.hasPrefix("/usr/"), !launch.agent.folders.contains(where: { agent.hasPrefix($0 + "/") }) {
            // A link in a folder of programs leads to where the program's own parts are.
            agent = URL(filePath: agent).resolvingSymlinksInPath().path(percentEncoded: false)
            for program in Self.withParts(agent) {
                sandbox.binds.append(Sandbox.Bind(host: program, inside: program, access: .readOnly))
            }
        }
        let environment = AgentEnvironment.make(
            home: Sandbox.Inside.home, programs: Sandbox.Inside.programs, temporary: "/tmp",
            extra: AgentEnvironment.proxy(port: AgentProgram.egressPort).merging(extra, uniquingKeysWith: { $1 }))
        return sandbox.wrap(
            Command(
                forwarder,
                [
                    "inside", "--socket", Sandbox.Inside.sockets + "/gateway.sock", "--port", String(AgentProgram.gatewayPort), "--port",
                    String(AgentProgram.egressPort), "--", agent,
                ]
                    + launch.agent.arguments,
                environment: environment, workingDirectory: Sandbox.Inside.workspace))
    }

    /// A program and those beside it that are named after it, as `codex` and `codex-code-mode-host`.
    static func withParts(_ program: String) -> [String] {
        let (folder, name) = (URL(filePath: program).deletingLastPathComponent(), URL(filePath: program).lastPathComponent)
        let beside = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        return [program]
            + beside.filter { $0.hasPrefix(name + "-") }.sorted().map { folder.appending(path: $0).path(percentEncoded: false) }
            .filter { FileManager.default.isExecutableFile(atPath: $0) && !$0.hasSuffix("/") }
    }
}
