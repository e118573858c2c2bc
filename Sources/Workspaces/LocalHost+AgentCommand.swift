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
            let words = program(launch.agent.executable, of: launch.agent, runner: programs + "/sam-runner")
            return Command(
                words[0], Array(words.dropFirst()), environment: environment, workingDirectory: home.workspace(launch.session))
        }

        var sandbox = sandbox(launch.project, launch.session)
        sandbox.binds.append(
            Sandbox.Bind(host: home.sockets(launch.session), inside: Sandbox.Inside.sockets, access: .readOnly))
        let forwarder = Sandbox.Inside.programs + "/sam-runner"
        sandbox.binds.append(Sandbox.Bind(host: programs + "/sam-runner", inside: forwarder, access: .readOnly))
        let agent = inside(launch.agent.executable, folders: launch.agent.folders)
        sandbox.binds += agent.binds
        let environment = AgentEnvironment.make(
            home: Sandbox.Inside.home, programs: agent.path, temporary: "/tmp",
            extra: AgentEnvironment.proxy(port: AgentProgram.egressPort).merging(extra, uniquingKeysWith: { $1 }))
        return sandbox.wrap(
            Command(
                forwarder,
                [
                    "inside", "--socket", Sandbox.Inside.sockets + "/gateway.sock", "--port", String(AgentProgram.gatewayPort), "--port",
                    String(AgentProgram.egressPort), "--file-limit", String(launch.limits.disk), "--",
                ] + program(agent.program, of: launch.agent, runner: forwarder),
                environment: environment, workingDirectory: Sandbox.Inside.workspace))
    }

    /// An agent's program with its arguments, and before it what speaks for one that knows no protocol.
    private func program(_ program: String, of agent: AgentProgram, runner: String) -> [String] {
        (agent.wireProtocol == .oneShot ? [runner, "once", "--"] : []) + [program] + agent.arguments
    }

    /// An agent's program as a sandbox sees it.
    struct ProgramInside {
        var program: String
        var binds: [Sandbox.Bind]
        /// Folders that stand first in PATH.
        var path: String
    }

    /// What has to be bound for a program of this machine, and where it is then.
    func inside(_ executable: String, folders: [String]) -> ProgramInside {
        let real = URL(filePath: executable).resolvingSymlinksInPath().path(percentEncoded: false)
        let isOurs = executable.hasPrefix(programs + "/")
        let installed = isOurs ? [] : InstalledProgram.folders(of: real)
        var found = ProgramInside(
            program: executable,
            binds: (libraries + folders + installed).map { Sandbox.Bind(host: $0, inside: $0, access: .readOnly) },
            path: ([Sandbox.Inside.programs] + installed.filter { $0.hasSuffix("/bin") }).joined(separator: ":"))
        if isOurs {
            found.program = Sandbox.Inside.programs + executable.dropFirst(programs.count)
            found.binds.append(Sandbox.Bind(host: executable, inside: found.program, access: .readOnly))
        } else if !installed.isEmpty {
            found.program = real
        } else if !folders.contains(where: { executable.hasPrefix($0 + "/") }) {
            // A link in the system's own folders can't be bound over; what it leads to may be outside of them.
            if executable.hasPrefix("/usr/") { found.program = real }
            if !found.program.hasPrefix("/usr/") { found.binds += Self.binds(of: real, at: found.program) }
        }
        return found
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
