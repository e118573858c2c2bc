import Accounts
import AgentProtocol
import Sandbox

extension RunnerLaunch {
    /// What the runner has to run. Names no path of any machine but those that the agent's catalogue entry and its environment name.
    public var configuration: RunnerConfiguration {
        RunnerConfiguration(
            session: session, attempt: attempt,
            agent: RunnerConfiguration.Agent(
                arguments: agent.arguments, wireProtocol: agent.wireProtocol, folders: agent.folders, environment: agent.environment,
                files: agent.files),
            sandbox: project.sandbox == .none ? .none : .bubblewrap,
            limits: RunnerConfiguration.Limits(
                memory: limits.memory, processes: limits.processes, cpuPercent: limits.cpuPercent, disk: limits.disk),
            conversation: Conversation(
                workingDirectory: Sandbox.Inside.workspace, permissions: permissions, tools: tools, earlier: earlier),
            handshakeTimeout: handshakeTimeout * 1_000, outputLimit: outputLimit, answerTimeout: answerTimeout * 1_000, stopGrace: 5_000,
            signIn: signIn.map {
                RunnerConfiguration.SignIn(file: $0.file, agentType: $0.agentType, credentialKind: $0.credentialKind)
            })
    }

    /// The session's socket can be reached only inside a sandbox.
    private var tools: Conversation.Tools? {
        guard project.sandbox == .bubblewrap, let lease = agent.environment["SAM_LEASE"] else { return nil }
        return Conversation.Tools(
            url: AgentProgram.gatewayAddress + "/tools", token: lease, program: [Sandbox.Inside.programs + "/sam-runner", "tools"])
    }
}
