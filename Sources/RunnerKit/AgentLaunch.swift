import AgentProtocol
import Processes
import Sandbox

/// The start of an agent on this machine: its command in its sandbox, and the control groups that limit it, built from a description.
struct AgentLaunch: Sendable {
    let configuration: RunnerConfiguration
    let place: RunnerPlace
    let own: OwnPrograms

    init(_ configuration: RunnerConfiguration, at place: RunnerPlace) {
        self.configuration = configuration
        self.place = place
        own = OwnPrograms(folder: place.programs)
    }

    /// The command that runs the agent in its sandbox, or without one if the configuration says so.
    func command() -> Command {
        let agent = configuration.agent
        let extra = agent.environment.merging(["SAM_SESSION": configuration.session.rawValue], uniquingKeysWith: { $1 })
        guard configuration.sandbox == .bubblewrap else {
            let environment = AgentEnvironment.make(home: place.home, programs: own.folder, temporary: "/tmp", extra: extra)
            let words = words(place.executable, runner: own.runner)
            return Command(words[0], Array(words.dropFirst()), environment: environment, workingDirectory: place.workspace)
        }

        var sandbox = Sandbox(
            program: place.bubblewrap, workspace: place.workspace, home: place.home, objects: place.objects,
            files: SandboxFiles(folder: place.sandboxFiles))
        sandbox.binds.append(Sandbox.Bind(host: place.sockets, inside: Sandbox.Inside.sockets, access: .readOnly))
        let forwarder = Sandbox.Inside.programs + "/sam-runner"
        sandbox.binds.append(Sandbox.Bind(host: own.runner, inside: forwarder, access: .readOnly))
        let program = ProgramInside(place.executable, folders: agent.folders, own: own)
        sandbox.binds += program.binds
        let environment = AgentEnvironment.make(
            home: Sandbox.Inside.home, programs: program.path, temporary: "/tmp",
            extra: AgentEnvironment.proxy(port: Sandbox.Inside.egressPort).merging(extra, uniquingKeysWith: { $1 }))
        return sandbox.wrap(
            Command(
                forwarder,
                [
                    "inside", "--socket", RunnerPlace.gatewaySocketPath(in: Sandbox.Inside.sockets),
                    "--port", String(Sandbox.Inside.gatewayPort), "--port", String(Sandbox.Inside.egressPort),
                    "--file-limit", String(configuration.limits.disk), "--",
                ] + words(program.program, runner: forwarder),
                environment: environment, workingDirectory: Sandbox.Inside.workspace))
    }

    /// The agent's program with its arguments, run through `sam-runner once` if it has no protocol.
    private func words(_ program: String, runner: String) -> [String] {
        (configuration.agent.wireProtocol == .oneShot ? [runner, "once", "--"] : []) + [program] + configuration.agent.arguments
    }

    /// Makes the control groups with the limits, as far as this machine lets SAM set them. The clean-up after the session removes them.
    ///
    /// - Throws: `SandboxError` when the kernel refuses.
    func makeGroups() throws(SandboxError) -> ControlGroups.Group {
        let limits = configuration.limits
        return try ControlGroups.detect().create(
            ControlGroups.name(of: configuration.session.rawValue),
            limits: SandboxLimits(
                memory: limits.memory, processes: limits.processes, cpuPercent: limits.cpuPercent, disk: limits.disk))
    }
}
