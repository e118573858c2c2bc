import AgentProtocol
import ArgumentParser
import Foundation
import RunnerKit

/// SAM's tools on standard input and output, for agents that start their tools as programs.
struct Tools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools", abstract: "Hand a session's tools to its agent over standard input and output.", shouldDisplay: false)

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let url = environment["SAM_TOOLS"], let lease = environment["SAM_LEASE"] else {
            throw ValidationError("SAM_TOOLS and SAM_LEASE are missing: this is for agents in SAM's sandboxes.")
        }
        try await ToolBridge(url: url, token: lease).run()
    }
}
