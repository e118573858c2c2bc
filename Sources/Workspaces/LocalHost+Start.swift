import Accounts
import AgentProtocol
import Sandbox

// What a runner of this machine starts from.
extension LocalHost {
    /// What to run. Names no path of this machine but those that the agent's catalogue entry and its environment name.
    func configuration(_ launch: RunnerLaunch) -> RunnerConfiguration {
        let (conversation, arguments) = conversation(launch)
        return RunnerConfiguration(
            session: launch.session, attempt: launch.attempt, token: launch.token,
            agent: RunnerConfiguration.Agent(
                arguments: launch.agent.arguments + arguments, wireProtocol: launch.agent.wireProtocol, folders: launch.agent.folders,
                environment: launch.agent.environment),
            sandbox: launch.project.sandbox == .none ? .none : .bubblewrap,
            limits: RunnerConfiguration.Limits(
                memory: launch.limits.memory, processes: launch.limits.processes, cpuPercent: launch.limits.cpuPercent,
                disk: launch.limits.disk),
            conversation: conversation, handshakeTimeout: launch.handshakeTimeout * 1_000, outputLimit: launch.outputLimit,
            answerTimeout: launch.answerTimeout * 1_000, stopGrace: 5_000,
            signIn: launch.signIn.map {
                RunnerConfiguration.SignIn(file: $0.file, agentType: $0.agentType, credentialKind: $0.credentialKind)
            })
    }

    /// Where it runs on this machine.
    func place(_ launch: RunnerLaunch, folder: String) -> RunnerPlace {
        RunnerPlace(
            controlSocket: home.controlSocket, folder: folder, workspace: home.workspace(launch.session),
            home: home.agentHome(launch.session), objects: objects(of: launch.project.id), sockets: home.sockets(launch.session),
            sandboxFiles: home.sandboxFiles.folder, programs: own.folder, bubblewrap: bubblewrap, executable: launch.agent.executable)
    }

    /// The environment of a runner. It needs `HOME` to keep the home of a user without an entry in the user database out of sandboxes.
    static func runnerEnvironment(of server: [String: String]) -> [String: String] {
        ["PATH": "/usr/local/bin:/usr/bin:/bin"].merging(server.filter { $0.key == "HOME" }, uniquingKeysWith: { $1 })
    }

    /// The path of bubblewrap; where it is not installed, the usual one, for messages.
    var bubblewrap: String { probe.program ?? "/usr/bin/bwrap" }

    /// The folder with the objects that a project's workspaces share.
    func objects(of project: ProjectID) -> String { home.mirror(project) + "/objects" }
}
