import ArgumentParser
import Foundation
import Processes
import RunnerKit

/// The first program inside a sandbox: forwards the loopback port and starts the agent beside it.
struct Inside: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forward a loopback port and run a program, inside a sandbox.")

    @Option(help: "The Unix socket that the port leads to.")
    var socket: String

    @Option(help: "The port on 127.0.0.1.")
    var port: Int

    @Argument(parsing: .postTerminator, help: "The program and its arguments.")
    var program: [String]

    func run() async throws {
        let forwarder = try await Forwarder(port: port, socket: socket)
        let forwarding = Task { try await forwarder.run() }
        defer { forwarding.cancel() }
        let command = Command(
            program[0], Array(program.dropFirst()), environment: ProcessInfo.processInfo.environment)
        let agent = try await OwnedProcess.start(command, descriptors: Descriptors(input: 0, output: 1, error: 2))
        // Our own ends would keep the agent's pipes open after it has closed them.
        close(0)
        close(1)
        switch await agent.termination() {
        case .exited(let code): throw ExitCode(code)
        case .signalled(let signal): throw ExitCode(128 + signal)
        }
    }
}
