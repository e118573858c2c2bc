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
        } else if !launch.agent.folders.contains(where: { agent.hasPrefix($0 + "/") }) {
            let real = URL(filePath: agent).resolvingSymlinksInPath().path(percentEncoded: false)
            // A link in the system's own folders can't be bound over; what it leads to may be outside of them.
            if agent.hasPrefix("/usr/") { agent = real }
            if !agent.hasPrefix("/usr/") { sandbox.binds += Self.binds(of: real, at: agent) }
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

    /// A program under the name by which it is called, and beside it those that are named after it: `codex-code-mode-host` with
    /// `codex`.
    static func binds(of program: String, at path: String) -> [Sandbox.Bind] {
        let (folder, name) = (URL(filePath: program).deletingLastPathComponent(), URL(filePath: program).lastPathComponent)
        let inside = URL(filePath: path).deletingLastPathComponent()
        let beside = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        let parts = beside.filter { part in
            let file = folder.appending(path: part).path(percentEncoded: false)
            var isFolder: ObjCBool = false
            return part.hasPrefix(name + "-") && FileManager.default.isExecutableFile(atPath: file)
                && FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) && !isFolder.boolValue
        }
        return [Sandbox.Bind(host: program, inside: path, access: .readOnly)]
            + parts.sorted().map { part in
                Sandbox.Bind(
                    host: folder.appending(path: part).path(percentEncoded: false),
                    inside: inside.appending(path: part).path(percentEncoded: false), access: .readOnly)
            }
    }
}
