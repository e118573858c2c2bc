import Accounts
import AgentProtocol
import Sandbox

// What a runner of this machine starts from.
extension LocalHost {
    /// Where it runs on this machine.
    package func place(_ launch: RunnerLaunch, folder: String) -> RunnerPlace {
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
