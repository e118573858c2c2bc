import Accounts
import AgentProtocol
import Foundation

extension LocalHost {
    /// The conversation that an agent opens, and what is added to its command for it.
    func conversation(_ launch: RunnerLaunch) -> (Conversation, arguments: [String]) {
        var conversation = Conversation(
            workingDirectory: workspaceInside(launch.project, launch.session), permissions: launch.permissions, tools: tools(launch),
            earlier: launch.earlier)
        guard launch.agent.wireProtocol == .claudeStreamJSON else { return (conversation, []) }
        // What the earlier session's agent worked in has the same path inside of a sandbox alone.
        let memory = ClaudeMemory(home: home.agentHome(launch.session), workingDirectory: Sandbox.Inside.workspace)
        if let id = ClaudeMemory.name(of: launch.earlier?.conversation), memory.holds(id) {
            conversation.earlier?.conversation = id
            return (conversation, ["--resume", id])
        }
        // Another attempt may have used an id up already.
        let own = UUID().uuidString.lowercased()
        conversation.earlier?.conversation = nil
        conversation.own = own
        return (conversation, ["--session-id", own])
    }

    /// What is on the session's socket is reached from inside of a sandbox only.
    private func tools(_ launch: RunnerLaunch) -> Conversation.Tools? {
        guard launch.project.sandbox == .bubblewrap, let lease = launch.agent.environment["SAM_LEASE"] else { return nil }
        return Conversation.Tools(
            url: AgentProgram.gatewayAddress + "/tools", token: lease, program: [Sandbox.Inside.programs + "/sam-runner", "tools"])
    }
}
