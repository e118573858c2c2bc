import Accounts
import AgentProtocol
import Foundation
import Sandbox

extension LocalHost {
    /// The conversation that an agent opens, and the arguments that its command gets for it.
    func conversation(_ launch: RunnerLaunch) -> (Conversation, arguments: [String]) {
        var conversation = Conversation(
            workingDirectory: workspaceInside(launch.project, launch.session), permissions: launch.permissions, tools: tools(launch),
            earlier: launch.earlier)
        guard launch.agent.wireProtocol == .claudeStreamJSON else { return (conversation, []) }
        // Only in a sandbox does the earlier session's workspace have the same path.
        let memory = ClaudeMemory(home: home.agentHome(launch.session), workingDirectory: Sandbox.Inside.workspace)
        if let id = ClaudeMemory.name(of: launch.earlier?.conversation), memory.holds(id) {
            conversation.earlier?.conversation = id
            return (conversation, ["--resume", id])
        }
        // Another attempt may have used the id already.
        let own = UUID().uuidString.lowercased()
        conversation.earlier?.conversation = nil
        conversation.own = own
        return (conversation, ["--session-id", own])
    }

    /// The session's socket can be reached only inside a sandbox.
    private func tools(_ launch: RunnerLaunch) -> Conversation.Tools? {
        guard launch.project.sandbox == .bubblewrap, let lease = launch.agent.environment["SAM_LEASE"] else { return nil }
        return Conversation.Tools(
            url: AgentProgram.gatewayAddress + "/tools", token: lease, program: [Sandbox.Inside.programs + "/sam-runner", "tools"])
    }
}
